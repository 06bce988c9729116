import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { DeliveryId, Job, jobIdOfDelivery } from "@nominal-code/domain/Job"
import { Lane, Namespace } from "@nominal-code/domain/Lane"
import { Login, PullNumber, PullRequestRef, RepoName, Sha } from "@nominal-code/domain/PullRequest"
import { PullRequestEvent } from "@nominal-code/domain/PullRequestEvent"
import { JobQueue } from "@nominal-code/jobs/JobQueue"
import * as SqliteQueue from "@nominal-code/jobs/SqliteQueue"
import * as Sqlite from "@nominal-code/persistence/Sqlite"
import { Context, Effect, FileSystem, Layer, Option, Stream } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { fileURLToPath } from "node:url"

const bin = fileURLToPath(new URL("../bin/nominal-code.js", import.meta.url))

const delivery = DeliveryId.make("a-delivery")
const pullRequest = new PullRequestRef({
  platform: "github",
  repo: RepoName.make("acme/shop"),
  number: PullNumber.make(7)
})
const job = new Job({
  id: jobIdOfDelivery("github", delivery),
  lane: new Lane({ namespace: Namespace.make(""), ...pullRequest, bot: Login.make("nominalbot") }),
  event: PullRequestEvent.cases.Lifecycle.make({
    kind: "pr_opened",
    pullRequest,
    title: "Add refunds",
    author: Login.make("mallory"),
    headSha: Sha.make("1".repeat(40)),
    headBranch: "refunds",
    baseBranch: "main"
  }),
  prompt: "",
  delivery,
  receivedAt: 0
})

/** `nominal-code jobs …` over a store with one waiting job. */
const withOneJob = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "jobs-" })
  const store = SqliteQueue.layer.pipe(Layer.provide(Sqlite.layerAt(directory)))
  yield* JobQueue.use((queue) => queue.offer(job)).pipe(Effect.provide(store))
  const run = Effect.fnUntraced(function*(args: ReadonlyArray<string>) {
    const child = yield* spawner.spawn(ChildProcess.make(process.execPath, [bin, "jobs", ...args], {
      env: { HOME: directory, NOMINAL_DATA_DIR: directory },
      stdin: "ignore"
    }))
    const text = yield* Stream.mkString(Stream.decodeText(child.all))
    return { text, code: Number(yield* child.exitCode) }
  }, Effect.scoped)
  return { run, store }
})

describe("nominal-code jobs", () => {
  it.live("shows what waits, parks it, and lets it wait again", () =>
    Effect.gen(function*() {
      const { run: jobs } = yield* withOneJob
      const listed = yield* jobs(["list"])
      assert.match(listed.text, /^JOB +STATE +TRIES +PULL REQUEST +WHAT +REASON\n/)
      assert.match(listed.text, new RegExp(`${job.id} +waiting +0 +acme/shop#7 +pr_opened`))
      assert.match((yield* jobs(["cancel", job.id])).text, /is cancelled/)
      assert.match((yield* jobs(["show", job.id])).text, /state +parked\n[^]*reason +cancelled/)
      assert.strictEqual((yield* jobs(["list", "--state", "waiting"])).text, "no jobs\n")
      assert.match((yield* jobs(["retry", job.id])).text, /waits again/)
      const [record] = JSON.parse((yield* jobs(["list", "--json"])).text)
      assert.deepInclude(record, { id: job.id, state: "waiting", delivery: "a-delivery" })
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("cancels a job that runs elsewhere, and says who ends it and how soon it learns of it", () =>
    Effect.gen(function*() {
      const { run, store } = yield* withOneJob
      const server = Context.get(yield* Layer.build(store), JobQueue)
      const lease = Option.getOrThrow(yield* server.take(job.lane))
      const stopping = {
        text: `job ${job.id} runs and is being cancelled: its server learns of it within 10s, ends the run and parks ` +
          "the job\n",
        code: 0
      }
      assert.deepStrictEqual(yield* run(["cancel", job.id]), stopping)
      assert.match((yield* run(["list"])).text, new RegExp(`${job.id} +running +1 .* cancelled\n`))
      assert.deepStrictEqual(yield* run(["cancel", job.id]), stopping)
      assert.strictEqual(yield* server.renew(lease), "cancelled")
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("fails with a line that says why, when there is no such job or it cannot be", () =>
    Effect.gen(function*() {
      const { run: jobs } = yield* withOneJob
      const unknown = yield* jobs(["retry", "0".repeat(20)])
      assert.deepStrictEqual(unknown, {
        text: `nominal-code: no job ${"0".repeat(20)} is known: see nominal-code jobs list\n`,
        code: 1
      })
      const refused = yield* jobs(["retry", job.id])
      assert.match(refused.text, /^nominal-code: job [0-9a-f]{20} stays as it is: [^\n]+\n$/)
      assert.strictEqual(refused.code, 1)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
})
