import type { Statements } from "@nominal-code/persistence/Sqlite"
import type { FoundRow, JobRow, Page } from "../table/JobTable.ts"
import { Columns, columns, foundRow, StoredNumber } from "./SqliteJobRow.ts"

/**
 * Condition of a state. Where most jobs wait, they are read in their order: the plus keeps SQLite from sorting all of them.
 */
const ofState = {
  waiting: "WHERE +state = 'waiting'",
  running: "WHERE state = 'running'",
  parked: "WHERE ended_at IS NOT NULL AND state = 'parked'",
  done: "WHERE ended_at IS NOT NULL AND state = 'done'",
  superseded: "WHERE ended_at IS NOT NULL AND state = 'superseded'"
} as const satisfies Record<JobRow["state"], string>

/** The first waiting jobs of an order, found among those that wait or run: however many are parked, they are not read. */
const waitingAmongActive = (bound: string, order: string): string =>
  `SELECT ${columns} FROM jobs WHERE position IN (SELECT position FROM jobs INDEXED BY jobs_active
    WHERE state IN ('waiting', 'running') AND ${bound}
      AND position NOT IN (SELECT position FROM jobs INDEXED BY jobs_running WHERE state = 'running')
    ORDER BY ${order} LIMIT :limit) ORDER BY ${order}`

/** Number of the newest jobs among which those that wait are looked for first, where more are parked. */
const newestJobs = 500

/** The lists of the jobs that may run once more, and their numbers by state. */
export const make = (statements: Statements) => {
  const count = (state: JobRow["state"]) =>
    statements.get(StoredNumber, "SELECT number FROM job_counts WHERE state = :state", { state })?.number ?? 0
  const isMostlyParked = () => count("waiting") < count("parked")
  const listed = ({ before = Number.MAX_SAFE_INTEGER, limit, state }: Page, after = 0) =>
    statements.all(
      Columns,
      `SELECT ${columns} FROM jobs ${state === undefined ? "WHERE" : `${ofState[state]} AND`}
        position < :before AND position > :after ORDER BY position DESC LIMIT :limit`,
      { before, after, limit }
    ).map(foundRow)
  /** Lists jobs that wait where more are parked: mostly there are enough among the newest, else all that wait are sorted. */
  const waitingAmongParked = ({ before = Number.MAX_SAFE_INTEGER, limit }: Page) => {
    const oldest = statements.get(
      StoredNumber,
      "SELECT position AS number FROM jobs WHERE position < :before ORDER BY position DESC LIMIT 1 OFFSET :newestJobs",
      { before, newestJobs }
    )?.number
    const found = listed({ before, limit, state: "waiting" }, oldest)
    if (oldest === undefined || found.length === limit) return found
    return statements.all(Columns, waitingAmongActive("position < :before", "position DESC"), { before, limit })
      .map(foundRow)
  }

  return {
    count,
    /** The newest jobs of a page. */
    list: (page: Page): ReadonlyArray<FoundRow> =>
      page.state === "waiting" && isMostlyParked() ? waitingAmongParked(page) : listed(page),
    oldestWaiting: (limit: number): ReadonlyArray<FoundRow> =>
      statements.all(
        Columns,
        isMostlyParked()
          ? waitingAmongActive("true", "position")
          : `SELECT ${columns} FROM jobs ${ofState.waiting} ORDER BY position LIMIT :limit`,
        { limit }
      ).map(foundRow)
  }
}
