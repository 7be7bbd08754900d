// Makes an Ed25519 key pair for each name that it is given: NAME.pem, which only this user can read, for the hub, and
// NAME.pub.pem for whoever receives. A file that is there is left alone.
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values, positionals: names } = parseArgs({
  allowPositionals: true,
  options: { dir: { type: 'string', default: fileURLToPath(new URL('./data/keys', import.meta.url)) } },
});
if (names.length === 0) {
  console.error('Usage: node make-keys.mjs NAME… [--dir DIRECTORY]');
  process.exit(2);
}
mkdirSync(values.dir, { recursive: true });
for (const name of names) {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  try {
    write(`${name}.pem`, privateKey.export({ type: 'pkcs8', format: 'pem' }), 0o600);
    write(`${name}.pub.pem`, publicKey.export({ type: 'spki', format: 'pem' }), 0o644);
    console.log(`made ${join(values.dir, name)}.pem and .pub.pem`);
  } catch (error) {
    console.error(`make-keys: ${error.message}`);
    process.exitCode = 1;
  }
}

function write(file, pem, mode) {
  writeFileSync(join(values.dir, file), pem, { flag: 'wx', mode });
}
