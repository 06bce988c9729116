import { DeliveryId, Job, JobId } from "@nominal-code/domain/Job"
import { JobPayloadJson } from "@nominal-code/domain/JobPayload"
import { Lane, Namespace } from "@nominal-code/domain/Lane"
import { Login, PullNumber, PullRequestRef, RepoName, Sha } from "@nominal-code/domain/PullRequest"
import { PullRequestEvent } from "@nominal-code/domain/PullRequestEvent"
import type { PullRequest } from "@nominal-code/testing/GitHubState"
import { Duration, Effect, Schema } from "effect"
import { type Figure, ratio } from "./Figure.ts"
import * as Program from "./Program.ts"
import * as Reference from "./Reference.ts"
import * as Stage from "./Stage.ts"

const runs = 3

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

const serve = Effect.fnUntraced(function*(program: Program.Program, neighbours: Stage.Neighbours) {
  const environment = yield* Stage.environment(neighbours)
  return yield* millis(Program.serve(program, environment))
}, Effect.scoped)

const runJob = Effect.fnUntraced(
  function*(program: Program.Program, neighbours: Stage.Neighbours, payload: string) {
    const environment = yield* Stage.environment(neighbours)
    return yield* millis(
      Program.nodeToEnd([program.entry, "run-job"], { ...environment, REVIEW_JOB_PAYLOAD: payload })
    )
  },
  Effect.scoped
)

/** Measures the start of a command, which nobody should have to keep running. */
export const measure = Effect.fn("StartUp.measure")(function*(program: Program.Program) {
  const { emulator, pull } = yield* Stage.make(0)
  // A job with nothing to do: what it takes is the start, one question to the forge, and the end.
  emulator.close(pull, { merged: true })
  const payload = payloadOf(pull)
  const { origin } = yield* Stage.silent
  const token = emulator.account(Stage.botName).token
  const neighbours = { forge: emulator.apiBase, token, model: origin }
  const programs = [program, Program.sources]
  const run = Effect.gen(function*() {
    const node = yield* millis(Reference.nothing)
    const commands = yield* Effect.forEach(
      programs.flatMap((program) => [serve(program, neighbours), runJob(program, neighbours, payload)]),
      (command) => command,
      { concurrency: 1 }
    )
    return [node, ...commands]
  })
  const all = yield* Effect.replicateEffect(run, runs)
  const column = (index: number) => all.map((times) => times[index] ?? NaN)
  const names = programs.flatMap(({ name }) => [
    `serve until /ready, ${name}`,
    `run-job of a closed pull request, ${name}`
  ])
  const figures: ReadonlyArray<Figure> = names.map((name, index) =>
    ratio({ name, unit: "ms", against: "node -e 0" }, column(index + 1), column(0))
  )
  return figures
}, Effect.scoped)
