import { Cause, Effect, Exit, Option, Runtime, Schema } from "effect"
import { Argument, CliError, Command, Flag, GlobalFlag } from "effect/cli"
import packageJson from "../package.json" with { type: "json" }
import * as Ending from "./Ending.ts"
import { evalCommand } from "./eval/Command.ts"
import { json, toggle } from "./Flags.ts"
import { gitHubAppCommand } from "./githubApp/Command.ts"
import { LogLevelFlag } from "./LogLevelFlag.ts"
import { failOn, reviewCommand } from "./review/Command.ts"
import { replayCommand } from "./transcripts/Command.ts"
import * as UsageText from "./UsageText.ts"

const serve = Command.make(
  "serve",
  {
    strict: Flag.Boolean("strict").pipe(
      Flag.withDescription("Do not start if the doctor finds a problem"),
      Flag.withDefault(false)
    ),
    doctor: Flag.Boolean("doctor").pipe(
      Flag.withDescription("Check the setup at the start, and log what is wrong (default; --no-doctor: do not)"),
      Flag.withDefault(true)
    )
  },
  // Untraced: each delivery begins a trace of its own, and a span of the whole server would put all of them into one.
  Effect.fnUntraced(function*({ doctor, strict }) {
    const { serve } = yield* Effect.promise(() => import("./commands/Serve.ts"))
    return yield* serve(strict ? "strict" : doctor ? "warn" : "no")
  })
).pipe(Command.withDescription("Receive webhooks and review pull requests"))

const payload = Flag.String("payload").pipe(
  Flag.withDescription(
    "The job as JSON, such as {\"pull_request\": \"https://github.com/acme/api/pull/7\"}, @FILE or - for a file or " +
      "the standard input that holds it, or redis:ID for one that a server stored (default: $REVIEW_JOB_PAYLOAD)"
  ),
  Flag.optional
)

const runJob = Command.make(
  "run-job",
  { payload },
  Effect.fn("cli.run-job")(function*({ payload }) {
    const { runJob } = yield* Effect.promise(() => import("./commands/RunJob.ts"))
    return yield* runJob(Option.getOrUndefined(payload))
  })
).pipe(
  Command.withDescription(
    "Run one review job. Exit code 0: the review is posted, or there is nothing to review. 1: it failed"
  )
)

const podModule = Effect.promise(() => import("./commands/Pod.ts"))

const pod = Command.make("pod").pipe(
  Command.withDescription("Run a container of a Job with kubernetes.isolation: strict. The server starts them"),
  Command.withSubcommands([
    Command.make("agent", {}, () => Effect.flatMap(podModule, ({ agent }) => agent)).pipe(
      Command.withDescription("Work as the agent, without any secret")
    ),
    Command.make("models", {}, () => Effect.flatMap(podModule, ({ models }) => models)).pipe(
      Command.withDescription("Call the models for the publisher, with their keys")
    ),
    Command.make("checkout", {}, () => Effect.flatMap(podModule, ({ checkout }) => checkout)).pipe(
      Command.withDescription("Fetch the pull request's commits before the review begins")
    )
  ])
)

const jobsModule = Effect.promise(() => import("./commands/Jobs.ts"))

const idOrStart = Schema.String.check(
  Schema.isPattern(/^[0-9a-f]{1,20}$/, { expected: "the id of a job, as jobs list shows it, or its start" })
)
const id = Argument.String("id").pipe(
  Argument.withDescription("The job's id as `jobs list` shows it, or its start if no other id starts the same way"),
  Argument.withSchema(idOrStart)
)
const state = Flag.Literals("state", ["waiting", "running", "done", "superseded", "parked"]).pipe(
  Flag.withDescription("Only jobs in this state"),
  Flag.optional
)
const again = Flag.Boolean("again").pipe(
  Flag.withDescription("Review the pull request of a finished job anew, as another job"),
  Flag.withDefault(false)
)
const limit = Flag.Int("limit").pipe(
  Flag.withDescription("The maximum number of jobs (default: 50)"),
  Flag.withSchema(Schema.Int.check(Schema.isGreaterThan(0, { expected: "a number of jobs, 1 or more" }))),
  Flag.withDefault(50)
)
const before = Flag.String("before").pipe(
  Flag.withDescription("Only jobs older than this one: name the last job of a page to get the next page"),
  Flag.withSchema(idOrStart),
  Flag.optional
)

const jobs = Command.make("jobs").pipe(
  Command.withDescription("Inspect and watch the queue; retry and cancel jobs"),
  Command.withSubcommands([
    Command.make(
      "list",
      { before, json, limit, state },
      (page) => Effect.flatMap(jobsModule, (jobs) => jobs.list(page))
    ).pipe(
      Command.withDescription("List the jobs that wait, run, or have ended in the last 7 days, the newest first")
    ),
    Command.make("show", { id, json }, ({ id, json }) => Effect.flatMap(jobsModule, (jobs) => jobs.show(id, json)))
      .pipe(
        Command.withDescription("Show everything about one job")
      ),
    Command.make("watch", {}, () => Effect.flatMap(jobsModule, (jobs) => jobs.watch())).pipe(
      Command.withDescription("Print a line for each job that waits, runs or changes, until Ctrl-C")
    ),
    Command.make("retry", { id, again }, ({ again, id }) => Effect.flatMap(jobsModule, (jobs) => jobs.retry(id, again)))
      .pipe(
        Command.withDescription("Queue a parked job again, or run one now that waits for a service")
      ),
    Command.make("cancel", { id }, ({ id }) => Effect.flatMap(jobsModule, (jobs) => jobs.cancel(id))).pipe(
      Command.withDescription("Park a waiting job, or stop a running one and park it")
    )
  ])
)

const costs = Command.make(
  "costs",
  {
    since: Flag.String("since").pipe(
      Flag.withDescription("Number of days, today included, or a date in UTC: 30d, 2026-11-01 (default: 7d)"),
      Flag.withSchema(
        Schema.String.check(
          Schema.isPattern(/^(?:[1-9]\d{0,2}d|20\d\d-(?:0\d|1[0-2])-[0-3]\d)$/, {
            expected: "a number of days or a date, like 30d or 2026-11-01"
          })
        )
      ),
      Flag.withDefault("7d")
    ),
    by: Flag.Literals("by", ["repo", "model", "author", "day"]).pipe(
      Flag.withDescription("What the costs are summed up by (default: repo)"),
      Flag.withDefault("repo" as const)
    ),
    json
  },
  Effect.fn("cli.costs")(function*(query) {
    const { costs } = yield* Effect.promise(() => import("./commands/Costs.ts"))
    return yield* costs(query)
  })
).pipe(Command.withDescription("Show what the models have cost"))

const config = Command.make("config").pipe(
  Command.withDescription("Show the configuration"),
  Command.withSubcommands([
    Command.make(
      "show",
      { json },
      Effect.fn("cli.config.show")(function*({ json }) {
        const { show } = yield* Effect.promise(() => import("./commands/Config.ts"))
        return yield* show(json)
      })
    ).pipe(
      Command.withDescription("Show each setting's value and where it came from; of a secret, only its length")
    )
  ])
)

const reconcile = Command.make(
  "reconcile",
  { dryRun: toggle("dry-run", "Print what would be queued, and queue nothing") },
  Effect.fn("cli.reconcile")(function*({ dryRun }) {
    const { reconcile } = yield* Effect.promise(() => import("./commands/Reconcile.ts"))
    return yield* reconcile(dryRun)
  })
).pipe(
  Command.withDescription(
    "Queue what the server has missed: failed deliveries, and open pull requests whose head has no review"
  )
)

const ci = Command.make(
  "ci",
  {
    system: Argument.Literals("system", ["github", "gitlab"]).pipe(
      Argument.withDescription("github: GitHub Actions. gitlab: GitLab CI")
    ),
    failOn
  },
  Effect.fn("cli.ci")(function*({ failOn, system }) {
    const { ci } = yield* Effect.promise(() => import("./commands/Ci.ts"))
    return yield* ci(system, { failOn })
  })
).pipe(Command.withDescription("Review the pull request of the pipeline that runs this, and post the review"))

const doctor = Command.make(
  "doctor",
  { json },
  Effect.fn("cli.doctor")(function*({ json }) {
    const { doctor } = yield* Effect.promise(() => import("./commands/Doctor.ts"))
    return yield* doctor(json)
  })
).pipe(
  Command.withDescription("Check the setup of a server: its configuration, and its access to forge, model and store")
)

const words = (name: string, what: string, byDefault: ReadonlyArray<string>) =>
  Flag.String(name).pipe(
    Flag.withDescription(`${what}, with commas between them`),
    Flag.map((text) => text.split(",").map((word) => word.trim()).filter((word) => word !== "")),
    Flag.withDefault(byDefault)
  )

const init = Command.make(
  "init",
  {
    forge: Flag.Literals("forge", ["github", "gitlab"]).pipe(
      Flag.withDescription("The forge of the repositories (default: github)"),
      Flag.withDefault("github" as const)
    ),
    place: Flag.Literals("place", ["host", "kubernetes"]).pipe(
      Flag.withDescription("Where the server runs (default: host)"),
      Flag.withDefault("host" as const)
    ),
    bot: Flag.String("bot").pipe(
      Flag.withDescription("The account that reviews, without @ (default: nominalbot)"),
      Flag.withDefault("nominalbot")
    ),
    users: words("users", "Who may ask for a review in a comment (default: a blank in the file to fill in)", []),
    repos: words("repos", "The repositories to review (default: all that send webhooks)", []),
    file: Flag.String("file").pipe(
      Flag.withDescription("The file to write (default: config.yaml)"),
      Flag.withDefault("config.yaml")
    )
  },
  Effect.fn("cli.init")(function*(flags) {
    const { init } = yield* Effect.promise(() => import("./commands/Init.ts"))
    return yield* init(flags)
  })
).pipe(Command.withDescription("Write a commented configuration file, and say what to do next"))

const nominalCode = Command.make("nominal-code").pipe(
  Command.withDescription("Reviews pull requests: a signed webhook becomes exactly one inline review"),
  Command.withSubcommands([
    serve,
    runJob,
    pod,
    reviewCommand,
    ci,
    jobs,
    reconcile,
    costs,
    config,
    doctor,
    init,
    gitHubAppCommand,
    evalCommand,
    replayCommand
  ]),
  Command.provideEffect(LogLevelFlag, Effect.map(Effect.serviceOption(GlobalFlag.LogLevel), Option.flatten))
)

const usage = 2

export const run = Command.run(nominalCode, { version: packageJson.version }).pipe(
  Effect.provide(UsageText.layer),
  Effect.tapError((error) => CliError.isCliError(error) ? Effect.void : Ending.explain(error)),
  Effect.tapDefect(Ending.explainDefect)
)

/** Exit codes as of `Ending.teardown`, and 2: wrong usage. */
export const teardown: Runtime.Teardown = (exit, onExit) => {
  const error = Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
  if (CliError.isCliError(error)) return onExit(Runtime.getErrorExitCode(error) === 0 ? 0 : usage)
  return Ending.teardown(exit, onExit)
}
