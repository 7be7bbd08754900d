import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ControlSocket, controlSocketPath, MAX_SOCKET_PATH_BYTES } from './control-socket.js';

let scratch: string;
const servers: Server[] = [];

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'penstock-ctl-'));
});

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  vi.unstubAllEnvs();
  rmSync(scratch, { recursive: true });
});

const modeOf = (path: string): number => statSync(path).mode & 0o777;

function listenOn(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    servers.push(server.listen(path, resolve));
  });
}

/** A data directory whose path is too long for a socket in it. */
function longDirectory(): string {
  const directory = join(scratch, 'd'.repeat(60), 'e'.repeat(60));
  mkdirSync(directory, { recursive: true });
  return directory;
}

describe('the path of the control socket', () => {
  it('is in the data directory', () => {
    expect(controlSocketPath(scratch)).toBe(join(scratch, 'control.sock'));
  });

  it('is in a temporary directory named by a hash when it would be over 100 bytes', () => {
    const edge = join('/', 'x'.repeat(MAX_SOCKET_PATH_BYTES - '/'.length - '/control.sock'.length));
    expect(controlSocketPath(edge)).toBe(join(edge, 'control.sock'));
    expect(controlSocketPath(`${edge}x`)).toMatch(/\/penstock-[0-9a-f]{16}\/control\.sock$/);
    expect(dirname(dirname(controlSocketPath(`${edge}x`)))).toBe(tmpdir());
    expect(controlSocketPath(`${edge}x`)).not.toBe(controlSocketPath(`${edge}y`));
  });

  it('is the same however the data directory is written', () => {
    const long = longDirectory();
    symlinkSync(long, join(scratch, 'short'));
    expect(controlSocketPath(join(scratch, 'short'))).toBe(controlSocketPath(long));
    expect(controlSocketPath(`${long}/../${'e'.repeat(60)}/`)).toBe(controlSocketPath(long));
  });
});

describe('placing the socket', () => {
  it('makes it where nobody else may enter, and private before it has its name', async () => {
    const previous = process.umask(0);
    try {
      const socket = new ControlSocket(scratch);
      await socket.place(async (path) => {
        await listenOn(path);
        expect(modeOf(dirname(path))).toBe(0o700);
        expect(readdirSync(scratch)).not.toContain('control.sock');
      });
      expect(modeOf(socket.path)).toBe(0o600);
      expect(readdirSync(scratch)).toEqual(['control.sock']);
    } finally {
      process.umask(previous);
    }
  });

  it('takes the place of what a dead hub left behind', async () => {
    writeFileSync(join(scratch, 'control.sock'), '');
    mkdirSync(join(scratch, '.ctl'), { mode: 0o700 });
    writeFileSync(join(scratch, '.ctl', 's'), '');
    const socket = new ControlSocket(scratch);
    await socket.place(listenOn);
    expect(statSync(socket.path).isSocket()).toBe(true);
    expect(readdirSync(scratch)).toEqual(['control.sock']);
  });

  it('makes the temporary directory private, and takes it away again', async () => {
    const socket = new ControlSocket(longDirectory());
    await socket.place(listenOn);
    expect(modeOf(dirname(socket.path))).toBe(0o700);
    expect(modeOf(socket.path)).toBe(0o600);
    expect(() => socket.check()).not.toThrow();
    socket.remove();
    expect(() => statSync(dirname(socket.path))).toThrow('ENOENT');
    socket.remove();
  });

  it('refuses a directory that others may enter', async () => {
    const socket = new ControlSocket(longDirectory());
    mkdirSync(dirname(socket.path));
    chmodSync(dirname(socket.path), 0o777);
    try {
      const refused = { code: 'CONTROL_SOCKET_FAILED', message: expect.stringContaining('may be entered by others') };
      await expect(socket.place(listenOn)).rejects.toMatchObject(refused);
      expect(() => socket.check()).toThrow(expect.objectContaining(refused));
    } finally {
      rmSync(dirname(socket.path), { recursive: true });
    }
  });

  it('refuses a directory of somebody else', async () => {
    const socket = new ControlSocket(longDirectory());
    mkdirSync(dirname(socket.path), { mode: 0o700 });
    const { uid } = statSync(dirname(socket.path));
    const asOther = vi.spyOn(process, 'geteuid').mockReturnValue(uid + 1);
    try {
      const refused = { code: 'CONTROL_SOCKET_FAILED', message: expect.stringContaining(`belongs to user ${uid}`) };
      await expect(socket.place(listenOn)).rejects.toMatchObject(refused);
    } finally {
      asOther.mockRestore();
      rmSync(dirname(socket.path), { recursive: true });
    }
  });

  it('leaves nothing behind when it fails, and says what and why', async () => {
    const socket = new ControlSocket(scratch);
    const failed = socket.place(() => Promise.reject(new Error('no more sockets')));
    await expect(failed).rejects.toMatchObject({
      code: 'CONTROL_SOCKET_FAILED',
      message: `control socket: cannot make ${socket.path}: no more sockets`,
    });
    expect(readdirSync(scratch)).toEqual([]);
    await expect(new ControlSocket(join(scratch, 'none')).place(listenOn)).rejects.toMatchObject({
      code: 'CONTROL_SOCKET_FAILED',
    });
  });

  it('says so when even the temporary directory is too deep', async () => {
    vi.stubEnv('TMPDIR', join('/tmp', 't'.repeat(90)));
    const failed = new ControlSocket(longDirectory()).place(listenOn);
    await expect(failed).rejects.toMatchObject({ message: expect.stringContaining('set TMPDIR to a shorter path') });
  });
});
