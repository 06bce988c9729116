import type { DatabaseSync } from "node:sqlite"
import { NewerSchema } from "./SqliteError.ts"

/**
 * The steps from an empty file to the present schema; a file's version is how many it has taken. Append, never edit:
 * files in the field have taken the earlier ones.
 */
const migrations = [
  `
  -- One row per accepted job. The indexes are the guarantees: one delivery is one job, a lane runs one job at a time,
  -- and at most one lifecycle job of a lane waits.
  CREATE TABLE jobs (
    id        TEXT    NOT NULL PRIMARY KEY,
    position  INTEGER NOT NULL UNIQUE,
    lane      TEXT    NOT NULL,
    platform  TEXT    NOT NULL,
    delivery  TEXT    NOT NULL,
    lifecycle INTEGER NOT NULL,
    state     TEXT    NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'superseded', 'parked')),
    payload   TEXT    NOT NULL,
    attempts  INTEGER NOT NULL,
    losses    INTEGER NOT NULL,
    due_at    INTEGER NOT NULL,
    epoch     INTEGER NOT NULL,
    owner     TEXT,
    reason    TEXT,
    outcome   TEXT,
    ended_at  INTEGER,
    UNIQUE (platform, delivery)
  ) STRICT;
  CREATE INDEX jobs_active ON jobs (lane, position, due_at) WHERE state IN ('waiting', 'running');
  CREATE UNIQUE INDEX jobs_running ON jobs (lane) WHERE state = 'running';
  CREATE UNIQUE INDEX jobs_waiting_lifecycle ON jobs (lane) WHERE state = 'waiting' AND lifecycle = 1;
  CREATE INDEX jobs_state ON jobs (state, position);
  CREATE INDEX jobs_ended ON jobs (ended_at) WHERE ended_at IS NOT NULL;

  -- Gives positions and epochs: one number, never twice.
  CREATE TABLE ticks (last INTEGER NOT NULL) STRICT;
  INSERT INTO ticks VALUES (0);

  -- The processes that have taken leases and were not yet found dead.
  CREATE TABLE owners (id TEXT NOT NULL PRIMARY KEY) STRICT;

  CREATE TABLE conversations (
    lane       TEXT    NOT NULL PRIMARY KEY,
    content    TEXT    NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX conversations_expiry ON conversations (expires_at);
  `,
  `
  -- Attempts of a job before it was last made to wait again: its runs are numbered over its whole life.
  ALTER TABLE jobs ADD COLUMN earlier INTEGER NOT NULL DEFAULT 0;
  `
]

/** Brings the file up to date, inside the caller's transaction: two processes that open it take each step once. */
export const migrate = (db: DatabaseSync, file: string): void => {
  const version = Number(db.prepare("PRAGMA user_version").get()?.["user_version"])
  if (version > migrations.length) {
    throw new NewerSchema({
      message:
        `${file}: written by a newer nominal-code (schema ${version}, this program knows ${migrations.length}); ` +
        "upgrade the program, or set data_dir (NOMINAL_DATA_DIR) to another directory"
    })
  }
  if (version === migrations.length) return
  for (const step of migrations.slice(version)) db.exec(step)
  db.exec(`PRAGMA user_version = ${migrations.length}`)
}
