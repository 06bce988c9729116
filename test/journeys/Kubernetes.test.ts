import { NodeServices } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { JobPayloadJson } from "@nominal-code/domain/job/JobPayload"
import { PayloadStore, readReference } from "@nominal-code/jobs/PayloadStore"
import * as RedisPayloadStore from "@nominal-code/jobs/redis/RedisPayloadStore"
import * as Redis from "@nominal-code/persistence/Redis"
import { redisSuite } from "@nominal-code/testing/RedisServer"
import { submitReview } from "@nominal-code/testing/ScriptedModel"
import type * as ServeProcess from "@nominal-code/testing/ServeProcess"
import { Context, Effect, FileSystem, Layer, Option, Redacted, Schema } from "effect"
import process from "node:process"
import { runWith } from "../../packages/cli/test/RunCommand.ts"
import * as Clusters from "./Cluster.ts"
import { bot, eventually, stalled, until } from "./Journey.ts"
import { finding, open } from "./Shop.ts"

class Running extends Context.Service<Running, {
  readonly cluster: Clusters.Cluster
  readonly serve: ServeProcess.ServeProcess
}>()("nominal-code/test/RunningCluster") {}

const running = Layer.effect(
  Running,
  Effect.gen(function*() {
    const cluster = yield* Clusters.make({ env: { RETENTION_TRANSCRIPTS: "true" } })
    return { cluster, serve: yield* cluster.journey.start() }
  })
)

const opened = { event: "pull_request", action: "opened" } as const
const commented = { event: "issue_comment", action: "created" } as const

const review = (text: string) => ({ calls: [submitReview(text, [finding("src/total.ts", `${text} Cents are lost.`)])] })

redisSuite("a cluster", () =>
  layer(running, { excludeTestServices: true, timeout: "2 minutes" })((it) => {
    it.effect("reviews a pull request in a Job of its own, which holds no secret, by eight requests to the forge", () =>
      Effect.gen(function*() {
        const { cluster: { finished, journey, kube }, serve } = yield* Running
        const pull = yield* open(journey, "one")
        journey.script(pull, () => review("First."))
        const job = yield* journey.send({ ...opened, pull }, serve)
        yield* until("the review", () => journey.emulator.state.reviews.some((one) => one.pull === pull))
        yield* finished(1)
        const [created] = kube.store.jobs()
        assert.strictEqual(created?.metadata.labels["nominal-code/job-id"], job)
        assert.strictEqual(created?.status.conditions?.at(-1)?.type, "Complete")
        assert.deepStrictEqual(kube.controller.refused, [])
        // What the server asks for beside its two lists and two watches: docs/kubernetes.md counts on it.
        const asked = kube.requests.map(({ verb }) => verb).filter((verb) => verb !== "list" && verb !== "watch")
        assert.deepStrictEqual(asked, ["create"])
        const { requests } = journey.emulator
        const api = requests.filter(({ kind, login }) => kind !== "git" && login === bot)
        assert.isAtMost(api.length, 8, String(api.map(({ operation }) => operation)))
        const everything = JSON.stringify([kube.store.since(0), serve.log])
        for (const secret of [...Object.values(journey.secrets), "a-password-that-nobody-may-see"]) {
          assert.notInclude(everything, secret)
        }
        assert.isTrue(serve.log.some((line) => line.includes("runner=kubernetes")))
        yield* journey.checkHonesty
      }))

    it.effect("leaves the transcript of a pod's review in Redis, and it runs again on a clone", () =>
      Effect.gen(function*() {
        const { cluster: { journey, redis }, serve } = yield* Running
        const pull = yield* open(journey, "recorded")
        journey.script(pull, () => review("Recorded."))
        const job = yield* journey.send({ ...opened, pull }, serve)
        yield* eventually(
          "the transcript",
          Effect.map(redis.command("exists", `nc:transcript:${job}`), (count) =>
            Number(count) === 1 ? Option.some(true) : Option.none())
        )
        const asked = journey.model.turns.length
        const fs = yield* FileSystem.FileSystem
        const clone = yield* fs.makeTempDirectoryScoped()
        yield* fs.symlink(pull.repository.directory, `${clone}/.git`)
        const here = {
          PATH: process.env["PATH"] ?? "",
          NOMINAL_DATA_DIR: `${clone}/data`,
          REDIS_URL: Redacted.value(redis.url)
        }
        const replayed = yield* runWith(here, "replay", job, "--repository", clone)
        assert.strictEqual(replayed.code, 0, replayed.stderr)
        assert.include(replayed.stderr, "Recorded: 1 claims: 1 posted")
        assert.include(replayed.stdout, "Recorded. Cents are lost.")
        assert.strictEqual(journey.model.turns.length, asked)
      }).pipe(Effect.provide(NodeServices.layer)))

    it.effect("can be followed by its logs from the delivery to the end, in the server and in the pod", () =>
      Effect.gen(function*() {
        const { cluster: { journey, kube }, serve } = yield* Running
        const pull = yield* open(journey, "logs")
        const thinking = stalled(review("Logged."))
        journey.script(pull, thinking.script)
        const { body } = yield* journey.deliver({ ...opened, pull }, serve, "delivery-of-the-logs")
        const job = String(JSON.parse(body).job)
        yield* thinking.asked
        const pods = [...kube.controller.running].filter(([name]) =>
          name.includes(job)
        )
        yield* thinking.release
        yield* until("the end", () =>
          serve.log.some((line) => line.includes(job) && line.includes("reviewed: 1 finding")))

        const named = (line: string, ...names: ReadonlyArray<string>) =>
          names.every((name) => line.includes(name))
        const facts = [`job=${job}`, "delivery=delivery-of-the-logs", "lane=github:acme/logs:1:nominalbot"]
        // The trace of the delivery, which the server made: both processes name it.
        const [, trace = "none"] = /\btrace=([0-9a-f]{32})\b/.exec(
          serve.log.find((line) => line.includes(job) && line.includes("created the Job")) ?? ""
        ) ?? []
        const inCluster = [...facts, `trace=${trace}`, `kubernetesJob=nominal-code-acme-logs-1-${job}-1`]
        const about = serve.log.filter((line) => line.includes(job))
        assert.isTrue(about.some((line) => named(line, "accepted", ...facts)), about.join("\n"))
        assert.isTrue(about.some((line) => named(line, "created the Job", ...inCluster)), about.join("\n"))
        assert.isTrue(about.some((line) => named(line, "reviewed: 1 finding", ...facts)), about.join("\n"))
        const inPod = pods.flatMap(([, { log }]) => log)
        assert.isTrue(
          inPod.some((line) => named(line, "review posted with 1 finding", ...inCluster)),
          inPod.join("\n")
        )
      }))

    it.effect("brings a comment of 65,536 characters, full of quotes and emoji, to the pod as it was written", () =>
      Effect.gen(function*() {
        const { cluster: { journey, kube, redis }, serve } = yield* Running
        const pull = yield* open(journey, "large")
        journey.script(pull, () => review("Large."))
        const head = `@${bot} look at this: `
        const tail = " and at the end"
        const filling = "\"😀'\\\n".repeat(20_000)
        const text = `${head}${filling.slice(0, 65_536 - head.length - tail.length)}${tail}`
        const comment = yield* journey.emulator.comment(pull, "mara", text)
        const job = yield* journey.send({ ...commented, comment }, serve)
        yield* until("the review", () => journey.emulator.state.reviews.some((one) => one.pull === pull))
        const created = kube.store.jobs().find(({ metadata }) => metadata.labels["nominal-code/job-id"] === job)
        const { key } = Option.getOrThrow(
          readReference(created?.spec.template.spec?.containers[0]?.env?.[0]?.value ?? "")
        )
        assert.isTrue(key.startsWith(`${job}:`))
        const stored = yield* PayloadStore.use(({ get }) => get(key)).pipe(
          Effect.provide(RedisPayloadStore.layer.pipe(Layer.provide(Redis.layer(redis.url))))
        )
        const payload = yield* Schema.decodeEffect(JobPayloadJson)(Option.getOrThrow(stored))
        assert.strictEqual(payload.job.event._tag === "Comment" ? payload.job.event.body : "", text)
        // The model gets as much of it as a prompt takes.
        assert.isTrue(journey.turns(pull).some(({ request }) => request.prompt.split("😀").length > 2000))
      }))

    it.effect("starts the next Job of a pull request within two seconds after a pod has died without a word", () =>
      Effect.gen(function*() {
        const { cluster: { journey, kube }, serve } = yield* Running
        const pull = yield* open(journey, "crash")
        const thinking = stalled(review("Never."))
        journey.script(pull, thinking.script)
        const job = yield* journey.send({ ...opened, pull }, serve)
        yield* thinking.asked
        journey.script(pull, () => review("Second."))
        const starts = () => kube.controller.starts.filter(({ job: name }) => name.includes(job))
        const killedAt = performance.now()
        yield* kube.kill(starts()[0]?.pod ?? "")
        yield* until("the next pod", () => starts().length > 1)
        const latency = Math.round((starts()[1]?.at ?? Infinity) - killedAt)
        console.log(`crash to next: ${latency} ms from the death of a pod to the start of the next`)
        assert.isBelow(latency, 2000)
        yield* until("the review", () => journey.emulator.state.reviews.some((one) => one.pull === pull))
        assert.strictEqual(journey.emulator.state.reviews.filter((one) => one.pull === pull).length, 1)
      }))

    it.effect("is told by a pod that is stopped, which ends with 1", () =>
      Effect.gen(function*() {
        const { cluster: { journey, kube, redis }, serve } = yield* Running
        const pull = yield* open(journey, "stopped")
        const thinking = stalled(review("Never."))
        journey.script(pull, thinking.script)
        const job = yield* journey.send({ ...opened, pull }, serve)
        yield* thinking.asked
        const [name = ""] = [...kube.controller.running.keys()].filter((name) => name.includes(job))
        kube.controller.running.get(name)?.terminate()
        journey.script(pull, () => review("Again."))
        yield* until("its end", () => !kube.controller.running.has(name))
        const pod = kube.store.pod(kube.namespace, name)
        assert.strictEqual(pod?.status.containerStatuses?.[0]?.state.terminated?.exitCode, 1)
        const stored = yield* redis.command("get", `nc:result:${job}:1`)
        assert.deepStrictEqual(JSON.parse(String(stored).replace(/^[0-9a-f]{64} /, "")), {
          _tag: "Lost",
          failure: { _tag: "Pod", reason: "stopped", detail: "it was stopped before the review was done" }
        })
        yield* until("the review", () => journey.emulator.state.reviews.some((one) => one.pull === pull))
      }))

    it.effect("posts nothing of a pod whose job has ended meanwhile: its server had stood still for too long", () =>
      Effect.gen(function*() {
        const { cluster: { journey, kube, redis }, serve } = yield* Running
        const pull = yield* open(journey, "stale")
        const thinking = stalled(review("Too late."))
        journey.script(pull, thinking.script)
        const job = yield* journey.send({ ...opened, pull }, serve)
        yield* thinking.asked
        const pods = [...kube.controller.running].filter(([name]) => name.includes(job))
        yield* redis.command("hset", `{nc:0}:job:${job}`, "state", "superseded")
        yield* thinking.release
        yield* until("the pod's end", () => pods.every(([name]) => !kube.controller.running.has(name)))
        assert.match(pods.flatMap(([, { log }]) => log).join("\n"), /lease: another process has the job by now/)
        assert.deepStrictEqual(journey.written(pull), [])
      }))

    it.effect("continues a conversation in the next pod", () =>
      Effect.gen(function*() {
        const { cluster: { journey }, serve } = yield* Running
        const pull = yield* open(journey, "talk")
        journey.script(pull, () => review("The rounding is wrong."))
        for (const text of ["is it right?", "and now?"]) {
          const comment = yield* journey.emulator.comment(pull, "mara", `@${bot} ${text}`)
          const job = yield* journey.send({ ...commented, comment }, serve)
          yield* until("the answer", () => journey.emulator.jobs(pull).has(job))
        }
        assert.isTrue(journey.asked(pull).at(-1)?.includes("is it right?"))
      }))

    it.effect("lets a review wait whose Job it refuses, and says why in the log, until it takes it", () =>
      Effect.gen(function*() {
        const { cluster: { journey, kube }, serve } = yield* Running
        const pull = yield* open(journey, "refused")
        const message = "admission webhook \"images\" denied the request: registry.example is not allowed"
        kube.faults.next({ method: "create", path: /jobs$/ }, { _tag: "Answer", status: 422, message })
        journey.script(pull, () => review("Later."))
        const job = yield* journey.send({ ...opened, pull }, serve)
        yield* until("the review", () => journey.emulator.jobs(pull).has(job))
        assert.isTrue(
          serve.log.some((line) => line.includes(job) && line.includes("for cluster") && line.includes(message)),
          serve.log.filter((line) => line.includes(job)).join("\n")
        )
        assert.notInclude(journey.written(pull).join("\n"), "I could not review")
      }))

    it.effect("keeps the Jobs of a server that stops, and the next one waits for them", () =>
      Effect.gen(function*() {
        const { journey, kube } = yield* Clusters.make({})
        const first = yield* journey.start()
        const pull = yield* open(journey, "restart")
        const thinking = stalled(review("Once."))
        journey.script(pull, thinking.script)
        yield* journey.send({ ...opened, pull }, first)
        yield* thinking.asked
        yield* first.stop("SIGTERM")
        assert.strictEqual(kube.controller.running.size, 1)
        assert.isTrue(first.log.some((line) => line.includes("1 job(s) run on in the cluster")), first.log.join("\n"))
        assert.isFalse(first.log.some((line) => line.includes("interrupting")))
        const second = yield* journey.start()
        yield* until(
          "the Job to be found",
          () => second.log.some((line) => line.includes("the Job is there already"))
        )
        yield* thinking.release
        yield* until("the end", () => second.log.some((line) => line.includes("reviewed: 1 finding(s)")))
        assert.strictEqual(kube.controller.starts.length, 1)
        assert.strictEqual(journey.emulator.state.reviews.filter((one) => one.pull === pull).length, 1)
      }))
  }))
