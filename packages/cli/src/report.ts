// What `hub` itself says on standard error, in the form that the config asks of log lines: text for people, or one
// JSON object a line for what collects logs.

export interface Report {
  info(text: string): void;
  error(text: string): void;
}

/** The numbers that pino, which writes the hub's own lines, gives to these levels. */
const LEVELS = { info: 30, error: 50 } as const;

/** @param format `log.format` of the config. */
export function createReport(format: 'text' | 'json'): Report {
  const write = (level: keyof typeof LEVELS) => (text: string) => {
    const line =
      format === 'text'
        ? `hub: ${text}`
        : JSON.stringify({ level: LEVELS[level], time: Date.now(), pid: process.pid, name: 'hub', msg: text });
    process.stderr.write(`${line}\n`);
  };
  return { info: write('info'), error: write('error') };
}
