// What surrounds a hub's config: where it stands, and what whoever runs the hub adds to it.

/** What surrounds a config: where its paths start, and what the CLI adds. */
export interface HubEnvironment {
  /** Directory that relative paths of the config start from; the working directory by default. */
  readonly baseDir?: string;
  /** How messages name the config; `config` by default. */
  readonly where?: string;
  /** Names of the consumers to run; the others' queues fill and wait. All by default. */
  readonly only?: readonly string[];
  /** Turns the absolute path of a consumer's module into the URL of plain JavaScript; used for `.ts` files. */
  readonly compileModule?: (path: string) => Promise<string>;
  /** The process that starts this one again when it ends on its own, as `hub run` has it; none by default. */
  readonly supervisor?: {
    /** Its process id: when it is gone and this hub is not, the next hub on the data directory ends this one. */
    readonly pid: number;
    /** How often it has started the hub again so far. */
    readonly restarts: number;
  };
}
