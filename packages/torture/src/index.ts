// What the `hub torture` command and the fault tests are made of.
export {};
