import { Login, PullNumber, PullRequestRef, RepoName, Sha } from "@nominal-code/domain/event/PullRequest"
import { PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import { DeliveryId, Job, JobId } from "@nominal-code/domain/job/Job"
import { JobPayloadJson } from "@nominal-code/domain/job/JobPayload"
import { Lane, Namespace } from "@nominal-code/domain/job/Lane"
import { now, type PullRequest } from "@nominal-code/testing/GitHubState"
import { Duration, Effect, Schema } from "effect"
import { fileURLToPath } from "node:url"
import { type Figure, NotMeasured, ratio } from "./Figure.ts"
import * as Program from "./Program.ts"
import * as Spent from "./Spent.ts"
import * as Stage from "./Stage.ts"

const runs = 3
const root = fileURLToPath(new URL("../../", import.meta.url))

/** A forge with a pull request that is closed, and the job about it. */
interface Scene extends Pick<Stage.Stage, "emulator"> {
  readonly neighbours: Stage.ServiceAddresses
  readonly payload: string
}

const millis = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.timed(effect), ([duration]) => Duration.toMillis(duration))

/** A job about a pull request, as a pod is given it. */
const payloadOf = ({ author, baseBranch, headBranch, headSha, number, repository, title }: PullRequest) => {
  const pullRequest = new PullRequestRef({
    platform: "github",
    repo: RepoName.make(repository.fullName),
    number: PullNumber.make(number)
  })
  const job = new Job({
    id: JobId.make("0".repeat(20)),
    lane: new Lane({ ...pullRequest, namespace: Namespace.make(""), bot: Login.make(Stage.botName) }),
    event: PullRequestEvent.cases.Lifecycle.make({
      kind: "pr_opened",
      pullRequest,
      title,
      author: Login.make(author.login),
      headSha: Sha.make(headSha),
      headBranch,
      baseBranch
    }),
    prompt: "",
    delivery: DeliveryId.make("bench"),
    receivedAt: 0
  })
  return Schema.encodeSync(JobPayloadJson)({ version: 2, job })
}

const serve = Effect.fnUntraced(function*(program: Program.Program, neighbours: Stage.ServiceAddresses) {
  const environment = yield* Stage.environment(neighbours)
  return yield* millis(Program.serve(program, environment))
}, Effect.scoped)

/** Runs a job to its end. `asked`: the milliseconds until its first request to the forge. */
const runJob = Effect.fnUntraced(
  function*(program: Program.Program, { emulator, neighbours, payload }: Scene) {
    const environment = yield* Stage.environment(neighbours)
    const before = emulator.requests.length
    const startedAt = now()
    const { cpu, memory, wall, written } = yield* Spent.of([...program.command, "run-job"], root, {
      ...environment,
      ...program.variables,
      REVIEW_JOB_PAYLOAD: payload
    })
    const first = emulator.requests[before]
    if (first === undefined || !written.includes("nothing to review")) {
      return yield* new NotMeasured({ message: `the job did not do its work: ${written}` })
    }
    return { asked: first.startedAt - startedAt, cpu, memory, wall }
  },
  Effect.scoped
)

/** Measures the start of a command, which nobody should have to keep running. */
export const measure = Effect.fn("StartUp.measure")(function*(program: Program.Program) {
  const { emulator, pull } = yield* Stage.make(0)
  // A job with nothing to do: what it takes is the start, one question to the forge, and the end.
  emulator.close(pull, { merged: true })
  const { origin } = yield* Stage.silent
  const token = emulator.account(Stage.botName).token
  const neighbours = { forge: emulator.apiBase, token, model: origin }
  const scene: Scene = { emulator, neighbours, payload: payloadOf(pull) }
  const programs = [program, yield* Program.inImage, Program.sources]
  const run = Effect.gen(function*() {
    const node = yield* Spent.of(["-e", "0"], root, {})
    const commands = yield* Effect.forEach(
      programs,
      (program) => Effect.all({ serve: serve(program, neighbours), job: runJob(program, scene) }, { concurrency: 1 }),
      {
        concurrency: 1
      }
    )
    return { node, commands }
  })
  const all = yield* Effect.replicateEffect(run, runs)
  type Job = Effect.Success<ReturnType<typeof runJob>>
  const figures: ReadonlyArray<Figure> = programs.flatMap(({ name }, index) => {
    const job = (figure: string, what: keyof Job, of: "wall" | "cpu" | "memory" = "wall") =>
      ratio(
        { name: `${figure}, ${name}`, unit: what === "memory" ? "MiB" : "ms", against: "node -e 0" },
        all.map(({ commands }) => commands[index]?.job[what] ?? NaN),
        all.map(({ node }) => node[of])
      )
    return [
      ratio(
        { name: `serve until /ready, ${name}`, unit: "ms", against: "node -e 0" },
        all.map(({ commands }) => commands[index]?.serve ?? NaN),
        all.map(({ node }) => node.wall)
      ),
      job("run-job until its first forge request", "asked"),
      job("run-job of a closed pull request", "wall"),
      job("CPU time of run-job of a closed pull request", "cpu", "cpu"),
      job("greatest memory of run-job of a closed pull request", "memory", "memory")
    ]
  })
  return figures
}, Effect.scoped)
