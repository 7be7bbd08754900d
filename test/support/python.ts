// Finds a Python that can import pyzmq, for tests with a foreign ZeroMQ client. Debian's python3-zmq belongs to
// /usr/bin/python3, which need not be the first python3 on the path.
import { spawnSync } from 'node:child_process';

/** The interpreter's path, or undefined: such tests then say `skipped: no python3-zmq`. */
export const pythonWithZmq: string | undefined = ['/usr/bin/python3', 'python3'].find(
  (python) => spawnSync(python, ['-c', 'import zmq']).status === 0,
);
