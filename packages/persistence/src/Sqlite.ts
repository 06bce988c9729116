import { backoff, retryAfter, within } from "@nominal-code/domain/job/Backoff"
import { layerConfigOf } from "@nominal-code/domain/settings/LayerConfig"
import { Clock, type Config, Context, Effect, FileSystem, Layer, Option, Path, Schedule, Schema } from "effect"
import type { DatabaseSync, StatementSync } from "node:sqlite"
import { migrate } from "./Migrations.ts"
import { shared } from "./SharedCall.ts"
import { explain, isDiskFailure } from "./SqliteError.ts"
import * as SqliteJournal from "./SqliteJournal.ts"
import { StoreError } from "./StoreError.ts"
import * as Turns from "./Turns.ts"

/** Values for the `:name` places of a statement. */
export type Parameters = Readonly<Record<string, string | number | null | Uint8Array>>

/** Values for the `?` places of a statement, in their order: binding them takes a third of the time. */
export type Values = ReadonlyArray<Parameters[string]>

/** The schema of a row. */
export type Row = Schema.ConstraintDecoder<unknown>

/** Statements of a transaction. They are invalid after it. */
export interface Statements {
  /** Runs a statement, and returns the number of changed rows. */
  run(sql: string, parameters?: Parameters | Values): number
  /** The first row, decoded; undefined if there is none. */
  get<S extends Row>(row: S, sql: string, parameters?: Parameters | Values): S["Type"] | undefined
  /** Every row, decoded. */
  all<S extends Row>(row: S, sql: string, parameters?: Parameters | Values): ReadonlyArray<S["Type"]>
}

/**
 * The database file of the data directory, and the only user of its driver. When a transaction's effect succeeds, its
 * writes are on the disk and survive a kill and a power cut. Any number of processes may use the file.
 */
export class Sqlite extends Context.Service<Sqlite, {
  /** Directory of the file. Related files may be beside it. */
  readonly directory: string
  /**
   * Runs `body` in one write transaction, undone if it throws. It is synchronous on purpose: nothing else of this
   * process can come between its statements. `operation` names it in an error.
   */
  transaction<A>(operation: string, body: (statements: Statements) => A): Effect.Effect<A, StoreError>
  /**
   * Runs `body` as `transaction` does, and does not wait for the disk, so that this process goes on meanwhile. Its writes
   * survive a kill, and a power cut once a later `synced` has succeeded.
   */
  unsynced<A>(operation: string, body: (statements: Statements) => A): Effect.Effect<A, StoreError>
  /** Waits until every write of an earlier transaction is on the disk. Those that wait together share one call. */
  readonly synced: Effect.Effect<void, StoreError>
  /** Runs a `body` that only reads, on a consistent snapshot and without blocking other processes. */
  read<A>(operation: string, body: (statements: Statements) => A): Effect.Effect<A, StoreError>
  /**
   * Fails if the file is no longer at its path: it was moved or deleted, and what is written to it ends with this
   * process.
   */
  readonly inPlace: Effect.Effect<void, StoreError>
}>()("@nominal-code/persistence/Sqlite") {}

/** Name of the file in its directory. */
export const fileName = "nominal-code.db"

// How long a statement waits for another process's transaction. The wait blocks this process, so it is very short.
const busyMillis = 10

/** Time in milliseconds in which is tried again what found the file held by another process, as a backup may. */
const patience = 5_000

/** Retries while another process holds the file, or its disk fails. This process goes on meanwhile. */
const whileHeld = (millis: number) => within(backoff("20 millis", "250 millis").pipe(Schedule.jittered), millis)

/**
 * Pages of the journal after which it is copied into the file: 16 MiB. That waits for the disk twice, and so does all that
 * this process does. A page that was written often meanwhile is copied once.
 */
const journalPages = 4000

/** Number of waits for the disk after which the length of the journal is looked at. */
const lookEvery = 8

// Two processes that switch a new file to WAL in the same moment can be told "busy" at once.
const opening = Schedule.exponential("20 millis").pipe(Schedule.jittered, Schedule.upTo({ times: 8 }))

const isValues = (parameters: Parameters | Values): parameters is Values => Array.isArray(parameters)

/** Decoders of rows. A decoder is looked for once, not for each row. */
const decoders = new WeakMap<Row, (found: unknown) => unknown>()

const decoderOf = <S extends Row>(row: S): (found: unknown) => S["Type"] => {
  const known = decoders.get(row)
  if (known !== undefined) return known
  const decoder = Schema.decodeUnknownSync(row)
  decoders.set(row, decoder)
  return decoder
}

const statementsOf = (db: DatabaseSync): Statements => {
  const prepared = new Map<string, StatementSync>()
  const prepare = (sql: string): StatementSync => {
    const known = prepared.get(sql)
    if (known !== undefined) return known
    const statement = db.prepare(sql)
    prepared.set(sql, statement)
    return statement
  }
  return {
    run: (sql, parameters = {}) => {
      const statement = prepare(sql)
      return Number((isValues(parameters) ? statement.run(...parameters) : statement.run(parameters)).changes)
    },
    get: (row, sql, parameters = {}) => {
      const statement = prepare(sql)
      const found = isValues(parameters) ? statement.get(...parameters) : statement.get(parameters)
      return found === undefined ? undefined : decoderOf(row)(found)
    },
    all: (row, sql, parameters = {}) => {
      const statement = prepare(sql)
      const found = isValues(parameters) ? statement.all(...parameters) : statement.all(parameters)
      const decode = decoderOf(row)
      return found.map((one) => decode(one))
    }
  }
}

const inTransaction = <A>(db: DatabaseSync, mode: "IMMEDIATE" | "DEFERRED", body: () => A): A => {
  db.exec(`BEGIN ${mode}`)
  try {
    const result = body()
    db.exec("COMMIT")
    return result
  } catch (cause) {
    if (db.isTransaction) db.exec("ROLLBACK")
    throw cause
  }
}

/**
 * Runs a body without waiting for the disk. The journal is valid after a power cut, too, but may lack its writes; a
 * checkpoint waits for the disk as ever.
 */
const withoutSync = <A>(db: DatabaseSync, body: () => A): A => {
  db.exec("PRAGMA synchronous = NORMAL")
  try {
    return body()
  } finally {
    db.exec("PRAGMA synchronous = FULL")
  }
}

const open = (Database: typeof DatabaseSync, file: string): DatabaseSync => {
  const db = new Database(file, { timeout: busyMillis, enableForeignKeyConstraints: true })
  try {
    db.exec("PRAGMA journal_mode = WAL")
    db.exec("PRAGMA synchronous = FULL")
    // SQLite ignores that the disk fails while a commit copies the journal.
    db.exec("PRAGMA wal_autocheckpoint = 0")
    // The one constraint is the list of a job's states, which the program's types hold: SQLite makes a table of it for each row.
    db.exec("PRAGMA ignore_check_constraints = ON")
    // The first reader makes the journal's file.
    db.exec("PRAGMA schema_version")
    return db
  } catch (cause) {
    db.close()
    throw cause
  }
}

/** Keeps every process from writing, until it is closed. */
const lock = (Database: typeof DatabaseSync, file: string): DatabaseSync => {
  const db = new Database(file, { timeout: busyMillis })
  try {
    db.exec("BEGIN IMMEDIATE")
    return db
  } catch (cause) {
    db.close()
    throw cause
  }
}

const make = Effect.fnUntraced(function*(directory: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const file = path.join(directory, fileName)
  const failing = (operation: string) => (cause: unknown) => explain({ operation, file, cause })

  yield* fs.makeDirectory(directory, { recursive: true, mode: 0o700 }).pipe(
    Effect.mapError(failing("Sqlite.open"))
  )
  // Its journal gets the mode of the file. Where the file is another user's, what the administrator chose stays.
  yield* Effect.ignore(fs.writeFileString(file, "", { flag: "a", mode: 0o600 }))
  yield* Effect.ignore(fs.chmod(file, 0o600))
  // Loaded here, so that a process that stores nothing does not load it.
  const { DatabaseSync } = yield* Effect.tryPromise({
    try: () => import("node:sqlite"),
    catch: () =>
      new StoreError({
        operation: "Sqlite.open",
        message: "this Node has no node:sqlite: use Node 22.19 or newer",
        reason: "failed"
      })
  })
  const scope = yield* Effect.scope
  let hasFailed = false
  const db = yield* Effect.acquireRelease(
    Effect.try({ try: () => open(DatabaseSync, file), catch: failing("Sqlite.open") }).pipe(
      Effect.retry({ schedule: opening, while: (error) => error.retryable })
    ),
    // The last one to close the file copies the journal, which the disk may not have.
    (db) => Effect.sync(() => hasFailed ? undefined : db.close())
  )
  const statements = statementsOf(db)
  const attempt = <A>(operation: string, run: () => A) =>
    Effect.try({
      try: run,
      catch: (cause) => {
        if (isDiskFailure(cause)) hasFailed = true
        return failing(operation)(cause)
      }
    })
  const isHeld = ({ reason }: StoreError) => reason === "unavailable"
  const retrying = <A>(effect: Effect.Effect<A, StoreError>, millis = patience) =>
    Effect.catch(effect, (error) => retryAfter(error, effect, { schedule: whileHeld(millis), while: isHeld }))
  const turns = Turns.make(patience)
  /** Retries writes in the order in which they came: what another process keeps waiting is overtaken by nothing newer. */
  const retryingInOrder = <A>(effect: Effect.Effect<A, StoreError>) => {
    const inTurn = () =>
      turns.inTurn(file, (until) => Effect.flatMap(Clock.currentTimeMillis, (now) => retrying(effect, until - now)))
    const direct = Effect.catchIf(effect, isHeld, inTurn)
    return Effect.suspend(() => turns.isTaken(file) ? inTurn() : direct)
  }
  const unwritten = new StoreError({
    operation: "Sqlite.synced",
    message: `${file}: the disk did not take what was written: check the disk`,
    reason: "unavailable"
  })
  const locked = Effect.acquireRelease(
    attempt("Sqlite.synced", () => lock(DatabaseSync, file)),
    (lock) => Effect.sync(() => lock.close())
  )
  const rewriting = (journal: FileSystem.File) =>
    Effect.gen(function*() {
      yield* locked
      yield* Effect.mapError(SqliteJournal.rewrite(journal), () => {
        hasFailed = true
        return unwritten
      })
      hasFailed = false
    }).pipe(Effect.scoped, Effect.uninterruptible)
  // It lasts as long as a connection is open. Where the file system has no shared memory, SQLite keeps no such journal.
  const journal = yield* Effect.option(fs.open(`${file}-wal`, { flag: "r+" }))
  // A process may have ended after its disk had failed.
  yield* Effect.gen(function*() {
    if (Option.isSome(journal) && (yield* journal.value.stat).size > 0n) yield* rewriting(journal.value)
    yield* attempt("Sqlite.open", () => inTransaction(db, "IMMEDIATE", () => migrate(db, file)))
  }).pipe(
    Effect.catchTag("PlatformError", () => Effect.fail(unwritten)),
    Effect.retry({ schedule: opening, while: (error) => error.retryable })
  )
  /**
   * Writes the journal anew if the disk has failed. The system may take the journal's pages for written then: later waits
   * succeed without them, and a power cut loses them with all that comes behind them. Nothing is confirmed before, and
   * nothing is copied into the file, which must not have what the journal lacks.
   */
  const rewritten = Option.match(journal, {
    onNone: () => Effect.void,
    onSome: (journal) => {
      const one = shared(Effect.suspend(() => hasFailed ? rewriting(journal) : Effect.void))
      return Effect.suspend(() => hasFailed ? one : Effect.void)
    }
  })
  yield* Effect.addFinalizer(() => Effect.ignore(rewritten))

  let written = 0
  const isTimeToLook = () => ++written % lookEvery === 0 && !hasFailed
  /** Copies a long journal into the file. What the disk fails to take stays in the journal. */
  const copied = Option.match(journal, {
    onNone: () => Effect.void,
    onSome: (journal) =>
      Effect.gen(function*() {
        if (!(yield* SqliteJournal.hasPages(journal, journalPages))) return
        yield* attempt("Sqlite.copied", () => {
          if (!hasFailed) db.exec("PRAGMA wal_checkpoint(PASSIVE)")
        })
      }).pipe(Effect.catch(() => rewritten), Effect.ignore)
  })
  const inode = Effect.map(Effect.option(fs.stat(file)), Option.flatMap(({ ino }) => ino))
  const opened = yield* inode
  const moved = new StoreError({
    operation: "Sqlite.inPlace",
    message: `${file}: it was moved or deleted while this process has it open; put it back, or restart this process`,
    reason: "unavailable"
  })
  const transaction: Sqlite["Service"]["transaction"] = (operation, body) =>
    rewritten.pipe(
      Effect.andThen(attempt(operation, () => inTransaction(db, "IMMEDIATE", () => body(statements)))),
      retryingInOrder,
      Effect.tap(() => isTimeToLook() ? Effect.forkIn(copied, scope) : Effect.void)
    )
  return Sqlite.of({
    directory,
    transaction,
    ...Option.match(journal, {
      onNone: () => ({ unsynced: transaction, synced: Effect.void }),
      onSome: ({ sync }) => ({
        unsynced: <A>(operation: string, body: (statements: Statements) => A) =>
          retryingInOrder(
            attempt(operation, () => withoutSync(db, () => inTransaction(db, "IMMEDIATE", () => body(statements))))
          ),
        synced: shared(
          Effect.suspend(() => hasFailed ? Effect.void : sync).pipe(
            Effect.catch(() => Effect.sync(() => hasFailed = true)),
            Effect.andThen(retrying(rewritten)),
            Effect.tap(() => isTimeToLook() ? copied : Effect.void)
          )
        )
      })
    }),
    read: (operation, body) =>
      retrying(attempt(operation, () => inTransaction(db, "DEFERRED", () => body(statements)))),
    inPlace: Effect.flatMap(
      inode,
      (now) => Option.getOrUndefined(now) === Option.getOrUndefined(opened) ? Effect.void : Effect.fail(moved)
    )
  })
})

/** The database of a directory, which is made if it is missing. */
export const layer = (directory: string) => Layer.effect(Sqlite, make(directory))

/** The layer with its options from Effect's `Config`. */
export const layerConfig: (
  options: Config.Wrap<string>
) => Layer.Layer<Sqlite, Config.ConfigError | StoreError, FileSystem.FileSystem | Path.Path> = layerConfigOf(layer)
