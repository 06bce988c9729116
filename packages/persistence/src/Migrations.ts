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
  `,
  `
  -- Jobs have the identity of their event, notices, and what they wait for; what is done keeps no payload. A job's id
  -- is a function of its delivery, so deliveries need no index. A lane's jobs take their turns in the order of "turn".
  CREATE TABLE jobs_3 (
    id            TEXT    NOT NULL PRIMARY KEY,
    position      INTEGER NOT NULL UNIQUE,
    lane          TEXT    NOT NULL,
    delivery      TEXT    NOT NULL,
    event         TEXT    NOT NULL,
    lifecycle     INTEGER NOT NULL,
    state         TEXT    NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'superseded', 'parked')),
    payload       TEXT    NOT NULL,
    task          TEXT    NOT NULL,
    failure       TEXT,
    waits_for     TEXT,
    waits_since   INTEGER,
    attempts      INTEGER NOT NULL,
    earlier       INTEGER NOT NULL,
    losses        INTEGER NOT NULL,
    due_at        INTEGER NOT NULL,
    epoch         INTEGER NOT NULL,
    owner         TEXT,
    stop          TEXT,
    again         INTEGER NOT NULL,
    superseded_by TEXT,
    stood_for     TEXT,
    outcome       TEXT,
    received_at   INTEGER NOT NULL,
    since         INTEGER NOT NULL,
    ended_at      INTEGER,
    turn          INTEGER GENERATED ALWAYS AS (position + (281474976710656 * CASE
                    WHEN state = 'running' THEN 0
                    WHEN task <> 'review' THEN 1
                    WHEN lifecycle = 0 THEN 2
                    ELSE 3 END)) VIRTUAL
  ) STRICT;
  INSERT INTO jobs_3 (id, position, lane, delivery, event, lifecycle, state, payload, task, attempts, earlier, losses,
      due_at, epoch, owner, stop, again, superseded_by, outcome, received_at, since, ended_at)
    SELECT id, position, lane, delivery,
      coalesce(payload ->> '$.job.event.kind', iif(lifecycle, 'pr_push', 'issue_comment')) || ':' ||
        coalesce(payload ->> '$.job.event.headSha', payload ->> '$.job.event.commentId', id),
      lifecycle, state, iif(state IN ('done', 'superseded'), '', payload), 'review', attempts, earlier, losses,
      due_at, epoch, owner, iif(reason = 'cancelled' AND state IN ('running', 'parked'), 'cancelled', NULL), 0,
      iif(state = 'superseded', substr(reason, 5, 20), NULL), outcome,
      coalesce(payload ->> '$.job.receivedAt', 0), coalesce(payload ->> '$.job.receivedAt', 0), ended_at
    FROM (SELECT *, iif(json_valid(stored), stored, '{}') AS payload FROM
      (SELECT id, position, lane, delivery, lifecycle, state, payload AS stored, attempts, earlier, losses, due_at,
        epoch, owner, reason, outcome, ended_at FROM jobs));
  DROP TABLE jobs;
  ALTER TABLE jobs_3 RENAME TO jobs;
  CREATE INDEX jobs_active ON jobs (lane, turn, due_at, position, lifecycle, task) WHERE state IN ('waiting', 'running');
  CREATE UNIQUE INDEX jobs_running ON jobs (lane) WHERE state = 'running';
  CREATE UNIQUE INDEX jobs_waiting_lifecycle ON jobs (lane)
    WHERE state = 'waiting' AND lifecycle = 1 AND task = 'review';
  CREATE INDEX jobs_event ON jobs (substr(event, -8));
  CREATE INDEX jobs_waiting ON jobs (since) WHERE state = 'waiting';
  CREATE INDEX jobs_state ON jobs (state, position);
  CREATE INDEX jobs_ended ON jobs (ended_at) WHERE ended_at IS NOT NULL;

  -- What is done or superseded, in as few bytes as it takes: "event" is a short digest of lane and event, and "kept" holds what
  -- nobody looks for.
  CREATE TABLE ended_jobs (
    position   INTEGER NOT NULL PRIMARY KEY,
    id         BLOB    NOT NULL UNIQUE,
    event      BLOB    NOT NULL,
    superseded INTEGER NOT NULL,
    ended_at   INTEGER NOT NULL,
    kept       BLOB    NOT NULL
  ) STRICT;
  CREATE INDEX ended_jobs_event ON ended_jobs (event);
  CREATE INDEX ended_jobs_state ON ended_jobs (superseded);
  CREATE INDEX ended_jobs_ended ON ended_jobs (ended_at);

  -- Kept by the triggers, so that counting costs the same however many jobs there are.
  CREATE TABLE job_counts (state TEXT NOT NULL PRIMARY KEY, number INTEGER NOT NULL) STRICT;
  INSERT INTO job_counts
    SELECT state, (SELECT count(*) FROM jobs WHERE jobs.state = states.state) FROM
      (SELECT 'waiting' AS state UNION ALL SELECT 'running' UNION ALL SELECT 'parked') AS states;
  CREATE TRIGGER jobs_counted_in AFTER INSERT ON jobs BEGIN
    UPDATE job_counts SET number = number + 1 WHERE state = NEW.state;
  END;
  CREATE TRIGGER jobs_counted_on AFTER UPDATE OF state ON jobs WHEN OLD.state <> NEW.state BEGIN
    UPDATE job_counts SET number = number - 1 WHERE state = OLD.state;
    UPDATE job_counts SET number = number + 1 WHERE state = NEW.state;
  END;
  CREATE TRIGGER jobs_counted_out AFTER DELETE ON jobs BEGIN
    UPDATE job_counts SET number = number - 1 WHERE state = OLD.state;
  END;

  -- Empty but for a moment: what a check of the store writes and removes.
  CREATE TABLE probes (filler BLOB NOT NULL) STRICT;
  `,
  `
  -- The ledger of what models cost, in nanodollars. A total is the sum of an account's costs and reservations.
  CREATE TABLE spend_totals (
    name       TEXT    NOT NULL PRIMARY KEY,
    nano       INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE spend_holds (
    task       TEXT    NOT NULL PRIMARY KEY,
    call       INTEGER NOT NULL,
    settled    INTEGER NOT NULL,
    amount     INTEGER NOT NULL,
    day        INTEGER NOT NULL,
    range      INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE spend_notices (
    notice     TEXT    NOT NULL PRIMARY KEY,
    claimant   TEXT    NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE spend_costs (
    day         INTEGER NOT NULL,
    repository  TEXT    NOT NULL,
    author      TEXT    NOT NULL,
    provider    TEXT    NOT NULL,
    model       TEXT    NOT NULL,
    spent       INTEGER NOT NULL,
    held        INTEGER NOT NULL,
    lost        INTEGER NOT NULL,
    calls       INTEGER NOT NULL,
    unpriced    INTEGER NOT NULL,
    input       INTEGER NOT NULL,
    output      INTEGER NOT NULL,
    cache_read  INTEGER NOT NULL,
    cache_write INTEGER NOT NULL,
    PRIMARY KEY (day, repository, author, provider, model)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- What the installation has made up once and has to know again, such as the keys of its markers.
  CREATE TABLE installation (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT;
  `,
  `
  CREATE TABLE periodic_leases (
    task     TEXT    NOT NULL PRIMARY KEY,
    holder   TEXT    NOT NULL,
    until    INTEGER NOT NULL,
    ended_at INTEGER NOT NULL
  ) STRICT;
  `,
  `
  -- The jobs that count under the quotas of an account.
  CREATE TABLE quota_jobs (
    name TEXT    NOT NULL,
    job  TEXT    NOT NULL,
    at   INTEGER NOT NULL,
    PRIMARY KEY (name, job)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX quota_jobs_at ON quota_jobs (at);
  `,
  `
  -- The jobs that wait for an instant, and those that run until one: a look at the lanes reads no others.
  CREATE INDEX jobs_due ON jobs (due_at) WHERE due_at > 0 AND state IN ('waiting', 'running');
  `,
  `
  -- A job that is offered, run and done changes fewer indexes: events and states are looked for in the lane, and among what
  -- has ended. The program counts, once in a transaction.
  DROP INDEX jobs_event;
  DROP INDEX jobs_state;
  DROP INDEX ended_jobs_state;
  CREATE INDEX jobs_over ON jobs (state, position) WHERE ended_at IS NOT NULL;
  CREATE INDEX jobs_over_event ON jobs (lane, event) WHERE ended_at IS NOT NULL;
  CREATE INDEX ended_jobs_superseded ON ended_jobs (superseded) WHERE superseded = 1;
  DROP TRIGGER jobs_counted_in;
  DROP TRIGGER jobs_counted_on;
  DROP TRIGGER jobs_counted_out;
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
