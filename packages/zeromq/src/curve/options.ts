// The option `curve` of a socket: types, checks, and the text of docs/zeromq.md. The same for sources and publishers.
import { z } from 'zod';
import { keyProblem, pairProblem } from './keys.js';

const MOST_LISTED = 10_000;

const key = z.string('must be a key: 40 characters in Z85').superRefine((text, context) => {
  const message = keyProblem(text);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});

const path = z.string('must be the path of a file').min(1, 'must be the path of a file');

export const curveSchema = z.strictObject(
  {
    secretKey: key
      .optional()
      .describe("The socket's own secret key, 40 characters in Z85. Better in a file, or from the environment."),
    secretKeyFile: path
      .optional()
      .describe(
        'The file that holds it, which only its owner may read (mode 600). Paths are relative to the working directory.',
      ),
    publicKey: key
      .optional()
      .describe('The public key that belongs to it. May be left out, since it follows; checked where it is given.'),
    serverKey: key.optional().describe('With `connect`: the public key of the socket that is connected to.'),
    serverKeyFile: path.optional().describe('The file that holds it.'),
    allowedClients: z
      .union(
        [
          z.literal('any'),
          z
            .array(key)
            .min(1, 'must have at least one key; "any" lets in whoever has the public key of this socket')
            .max(MOST_LISTED, `must have at most ${MOST_LISTED} keys; a file may have more`),
        ],
        'must be a list of public keys, or "any"',
      )
      .optional()
      .describe(
        "With `bind`: the public keys of those who may connect. `'any'` lets in everybody who knows this socket's public key.",
      ),
    allowedClientsFile: path
      .optional()
      .describe(
        'The file that lists them: a public key a line, after it a name if you like. Read when the hub starts.',
      ),
  },
  'must be an object of CURVE keys',
);

/** What a user writes in `curve: { … }`: one of each pair of an option and its file. */
export interface CurveOptions extends z.input<typeof curveSchema> {}

/** The same, checked. */
export type CurveSettings = z.output<typeof curveSchema>;

/** What of a socket decides what its `curve` may have. */
export interface CurveChecks {
  connect?: string | string[] | undefined;
  bind?: string | string[] | undefined;
  curve?: CurveSettings | undefined;
}

/** Checks that the keys fit the socket's role, each is there once, and the pair belongs together. */
export function checkCurve({ connect, bind, curve }: CurveChecks, context: z.RefinementCtx): void {
  if (curve === undefined) return;
  const add = (message: string, ...at: (keyof CurveSettings)[]): void =>
    context.addIssue({ code: 'custom', message, path: ['curve', ...at] });
  const one = (inline: keyof CurveSettings, file: keyof CurveSettings, what: string): void => {
    if ((curve[inline] === undefined) === (curve[file] === undefined)) {
      add(`must have exactly one of "${inline}" and "${file}"${what}`);
    }
  };
  const none = (names: readonly (keyof CurveSettings)[], why: string): void => {
    for (const name of names) if (curve[name] !== undefined) add(why, name);
  };
  one('secretKey', 'secretKeyFile', ': the key of this socket itself');
  if (connect !== undefined) {
    one('serverKey', 'serverKeyFile', ': the public key of what it connects to');
    none(['allowedClients', 'allowedClientsFile'], 'must be left out by a socket that connects');
  } else if (bind !== undefined) {
    one('allowedClients', 'allowedClientsFile', ': who may connect');
    none(['serverKey', 'serverKeyFile'], 'must be left out by a socket that binds');
  }
  if ([connect ?? bind ?? []].flat().some((endpoint) => endpoint.startsWith('inproc://'))) {
    add('must be left out with inproc://, which does not leave the process and is never encrypted');
  }
  const wrong = pairProblem(curve.secretKey, curve.publicKey);
  // At the secret key, whose value no message shows: whoever has exchanged the two has the secret one in the other.
  if (wrong !== undefined) add(wrong, 'secretKey');
}
