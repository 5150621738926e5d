export interface MysqlHost {
  readonly host: string;
  readonly port: number;
}

/** Names of PEM files. */
export interface MysqlTls {
  /**
   * Whether the server must prove its name with a certificate; without it anybody on the way can read and change
   * everything.
   */
  readonly verify: boolean;
  /** Certificate of the authority; undefined: those that Node trusts. */
  readonly caFile: string | undefined;
  /** For servers that want to know their clients. */
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
}

/** Where the database is and how to talk to it. */
export interface MysqlSettings {
  /** Nodes of one cluster, the preferred one first. Each must see every write that another has acknowledged. */
  readonly hosts: readonly MysqlHost[];
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** Most connections open at a time, 2 or more. */
  readonly poolSize: number;
  readonly connectTimeoutMs: number;
  /** Longest a statement may take, and longest to wait for a free connection. */
  readonly timeoutMs: number;
  /** Undefined: not encrypted. */
  readonly tls: MysqlTls | undefined;
}
