import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import type { V1ConfigMap, V1StatefulSet } from "@kubernetes/client-node"
import { laneKey } from "@nominal-code/domain/job/Lane"
import { MarkerKeys } from "@nominal-code/domain/review/MarkerSeal"
import { JobQueue, Settlement } from "@nominal-code/jobs/JobQueue"
import { JobResults } from "@nominal-code/jobs/JobResults"
import { PayloadStore } from "@nominal-code/jobs/PayloadStore"
import * as RedisJobResults from "@nominal-code/jobs/redis/RedisJobResults"
import * as RedisPayloadStore from "@nominal-code/jobs/redis/RedisPayloadStore"
import { CallRates, newCall } from "@nominal-code/persistence/CallRates"
import * as CallRatesRedis from "@nominal-code/persistence/CallRatesRedis"
import { ConversationStore } from "@nominal-code/persistence/ConversationStore"
import * as ConversationStoreRedis from "@nominal-code/persistence/ConversationStoreRedis"
import * as MarkerKeyStore from "@nominal-code/persistence/MarkerKeyStore"
import * as Redis from "@nominal-code/persistence/Redis"
import { newCap, newTask, noCosts, Spend } from "@nominal-code/persistence/Spend"
import * as SpendRedis from "@nominal-code/persistence/SpendRedis"
import { freePort } from "@nominal-code/testing/FreePort"
import { laneOf, mention, reviewed } from "@nominal-code/testing/Jobs"
import { queue } from "@nominal-code/testing/RedisStore"
import { Context, Effect, FileSystem, Layer, Option, Redacted, Schedule, Schema, Stream } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { readFileSync } from "node:fs"
import { env } from "node:process"
import { containerOf, find, hasKubectl, isInstalled, overlay, root } from "./Rendering.ts"

const canRun = hasKubectl && isInstalled("redis-server", "--version") && isInstalled("redis-cli", "--version")

/** The manifest's Redis: its container's own command and configuration, with directories of this machine. */
const manifest = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const resources = overlay("k8s/base")
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "nominal-redis-" })
  const port = yield* freePort
  const here = (text: string) =>
    text.replaceAll(/\/(etc|run)\/redis/g, `${directory}/$1`).replace("dir /data", `dir ${directory}/data`)
      .replace("port 6379", `port ${port}`)
  for (const name of ["etc", "run", "data"]) yield* fs.makeDirectory(`${directory}/${name}`)
  const config = find<V1ConfigMap>(resources, "ConfigMap", "redis-config").data?.["redis.conf"] ?? ""
  yield* fs.writeFileString(`${directory}/etc/redis.conf`, here(config))
  const container = containerOf(find<V1StatefulSet>(resources, "StatefulSet", "redis").spec?.template)
  const [program = "", ...command] = [...container.command ?? [], ...container.args ?? []].map(here)
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner

  const start = (password: string, jobPassword?: string) =>
    spawner.spawn(
      ChildProcess.make(program, command, {
        env: {
          PATH: env["PATH"],
          REDIS_PASSWORD: password,
          ...(jobPassword === undefined ? {} : { REDIS_JOB_PASSWORD: jobPassword })
        },
        stdin: "ignore",
        forceKillAfter: "5 seconds"
      })
    )

  /** Answer of redis-cli, and its exit code. */
  const ask = Effect.fnUntraced(function*(password: string, ...args: ReadonlyArray<string>) {
    const child = yield* spawner.spawn(
      ChildProcess.make("redis-cli", ["-p", String(port), ...args], {
        env: { PATH: env["PATH"], ...(password === "" ? {} : { REDISCLI_AUTH: password }) },
        stdin: "ignore"
      })
    )
    const answer = yield* Stream.mkString(Stream.decodeText(child.all))
    return { answer: answer.trim(), code: Number(yield* child.exitCode) }
  }, Effect.scoped)

  /** Waits until the container's readiness probe succeeds. */
  const ready = (password: string) =>
    ask(password, ...(container.readinessProbe?.exec?.command?.slice(1) ?? [])).pipe(
      Effect.flatMap(({ answer, code }) => code === 0 ? Effect.void : Effect.fail(answer)),
      Effect.retry(Schedule.spaced("50 millis").pipe(Schedule.upTo({ times: 200 })))
    )
  return { start, ask, ready, port }
})

const password = "a-password_of~letters.9"

describe.skipIf(!canRun)("the manifest's Redis (kubectl, redis-server)", () => {
  it.live("serves nobody without its password, which no list of processes shows", () =>
    Effect.gen(function*() {
      const redis = yield* manifest
      const server = yield* redis.start(password)
      yield* redis.ready(password)
      assert.match((yield* redis.ask("", "get", "a")).answer, /^NOAUTH/)
      assert.match((yield* redis.ask("another", "get", "a")).answer, /NOAUTH|WRONGPASS/)
      assert.notInclude(readFileSync(`/proc/${server.pid}/cmdline`, "utf8"), password)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("has on its disk what it answered for: killed without a signal, it comes back with all of it", () =>
    Effect.gen(function*() {
      const redis = yield* manifest
      const first = yield* redis.start(password)
      yield* redis.ready(password)
      for (let index = 0; index < 20; index++) yield* redis.ask(password, "lpush", "lane", `job ${index}`)
      yield* first.kill({ killSignal: "SIGKILL" })
      yield* redis.start(password)
      yield* redis.ready(password)
      assert.strictEqual((yield* redis.ask(password, "llen", "lane")).answer, "20")
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("never throws a key out to make room, and writes each change before it answers", () =>
    Effect.gen(function*() {
      const redis = yield* manifest
      yield* redis.start(password)
      yield* redis.ready(password)
      const setting = (name: string) =>
        Effect.map(redis.ask(password, "config", "get", name), ({ answer }) => answer.split("\n")[1])
      assert.strictEqual(yield* setting("maxmemory-policy"), "noeviction")
      assert.strictEqual(yield* setting("maxmemory"), String(256 * 1024 * 1024))
      assert.strictEqual(yield* setting("appendonly"), "yes")
      assert.strictEqual(yield* setting("appendfsync"), "always")
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("lets the Jobs' user report, look after its run, and keep conversations, and do nothing else", () =>
    Effect.gen(function*() {
      const redis = yield* manifest
      yield* redis.start(password, "a-password-of-the-jobs")
      yield* redis.ready(password)
      const as = (who: string) => Layer.fresh(Redis.layer(Redacted.make(`redis://${who}@127.0.0.1:${redis.port}/0`)))
      const server = yield* Layer.build(Layer.provide(queue, as(`:${password}`)))
      const { offer, settle, take } = Context.get(server, JobQueue)
      const job = mention(laneOf(1), "a")
      yield* offer(job)
      const lease = Option.getOrThrow(yield* take(job.lane))

      const own = as("nominal-job:a-password-of-the-jobs")
      const pod = yield* Layer.build(
        Layer.mergeAll(
          RedisJobResults.layer,
          RedisPayloadStore.layer,
          ConversationStoreRedis.layer({ ttl: "1 day" }),
          SpendRedis.layer,
          CallRatesRedis.layer
        ).pipe(Layer.provideMerge(own))
      )
      const results = Context.get(pod, JobResults)
      const run = { id: job.id, run: 1 }
      assert.isTrue(yield* results.isWanted(run))
      yield* settle(lease, Settlement.cases.Done.make({ outcome: reviewed }))
      assert.isFalse(yield* results.isWanted(run))
      yield* results.report(run, reviewed)
      assert.deepStrictEqual(yield* Effect.scoped(Effect.flatten(results.listen(run))), reviewed)
      assert.isTrue(Option.isNone(yield* Context.get(pod, PayloadStore).get(job.id)))
      const conversations = Context.get(pod, ConversationStore)
      yield* conversations.save(job.lane, {
        messages: [{ role: "user", content: [{ _tag: "Text", text: "Hello." }] }]
      })
      assert.isTrue(Option.isSome(yield* conversations.load(job.lane)))

      const ledger = Context.get(pod, Spend)
      const task = newTask([newCap(10)])
      const subject = { repository: "r", author: "a", provider: "p", model: "m" }
      const { _tag, day } = yield* ledger.reserve({ task, subject, call: 1, ranges: [{ least: 5, most: 5 }] })
      assert.strictEqual(_tag, "Granted")
      yield* ledger.settle({ task, subject, call: 1, day, costs: { ...noCosts, spent: 4 }, keep: 1 })
      yield* ledger.release(task, { day, subject })
      assert.strictEqual((yield* ledger.costs(day))[0]?.spent, 4)

      const rates = Context.get(pod, CallRates)
      const call = newCall({ service: "anthropic", tokens: 5, rate: { concurrent: 1, tokensPerMinute: 10 } })
      assert.deepStrictEqual(yield* rates.take(call), { _tag: "Taken", waitMillis: 0 })
      yield* rates.giveBack(call, 5)

      yield* Layer.build(Layer.provide(MarkerKeyStore.layerRedis("make"), as(`:${password}`)))
      const [key] = yield* Effect.provide(MarkerKeys, Layer.provide(MarkerKeyStore.layerRedis("read"), own))
      assert.match(key === undefined ? "" : Redacted.value(key), /^[0-9a-f]{64}$/)

      const { send } = Context.get(pod, Redis.Redis)
      for (
        const command of [
          ["flushall"],
          ["keys", "*"],
          ["config", "get", "requirepass"],
          ["hset", `{nc:0}:job:${job.id}`, "state", "done"],
          ["hset", "{nc:0}:signers", "keys", "a key of its own"],
          ["del", "{nc:0}:signers"],
          ["rename", "{nc:0}:signers", "{nc:spend}:signers"],
          ["rpush", `{nc:0}:queue:${laneKey(job.lane)}`, "forged"],
          ["zadd", "{nc:0}:is:waiting", "0", "forged"],
          ["hset", "{nc}:job:forged", "state", "waiting"],
          ["set", "{nc}:tick", "1"],
          ["rpush", "{nc:0}:ended:1", "forged"],
          ["set", `nc:payload:${job.id}`, "a job of another repository"],
          ["set", "nc:marker-keys", "a key of its own"],
          ["get", "another"]
        ] as const
      ) {
        const [name, ...args] = command
        const error = yield* Effect.flip(send("test", Schema.Unknown, [name, ...args]))
        assert.match(error.message, /NOPERM|no permission/i, name)
      }
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it("tells who has a Redis of his own the same rights of the Jobs' user", () => {
    const rights = /resetchannels [^'\n]*(?:'\s+\\?\s*')?[^'\n]* \+time/
    const [deployed = ""] = rights.exec(readFileSync(`${root}/deploy/k8s/base/redis.yaml`, "utf8")) ?? []
    const [written] = rights.exec(readFileSync(`${root}/docs/kubernetes.md`, "utf8")) ?? []
    assert.strictEqual(written, deployed.replace(/'\s+\\?\s*'/, " "))
  })

  it.live.each(
    [
      ["an empty password", "", "is empty"],
      ["one that would break the URL", "a b@c", "only letters"]
    ] satisfies ReadonlyArray<readonly [string, string, string]>
  )(
    "does not start with %s, and says why",
    ([, wrong, why]) =>
      Effect.gen(function*() {
        const redis = yield* manifest
        const child = yield* redis.start(wrong)
        const written = yield* Stream.mkString(Stream.decodeText(child.all))
        assert.strictEqual(Number(yield* child.exitCode), 1)
        assert.include(written, why)
        assert.notInclude(written, "a b@c")
      }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )
})
