import { NodeServices } from "@effect/platform-node"
import { assert, it, vi } from "@effect/vitest"
import * as Redis from "@nominal-code/persistence/Redis"
import * as RedisScript from "@nominal-code/persistence/RedisScript"
import { check } from "@nominal-code/persistence/RedisServerInfo"
import type { ChannelEvent } from "@nominal-code/persistence/RedisSubscriber"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { freePort } from "@nominal-code/testing/FreePort"
import { type RedisServer, redisSuite, shared, start } from "@nominal-code/testing/RedisServer"
import { Effect, Fiber, FileSystem, Layer, Logger, Queue, Redacted, Schedule, Schema, type Scope, Stream } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { TestClock } from "effect/testing"
import { Redis as Client } from "ioredis"
import { Socket } from "node:net"

type Test = Effect.Effect<void, unknown, Redis.Redis | Scope.Scope>

const at = (url: Redacted.Redacted) => Layer.fresh(Redis.layer(url))
const on = (server: RedisServer, body: Test) => Effect.provide(Effect.scoped(body), at(server.url))
const set = (value: string) =>
  Redis.Redis.use(({ send }) => send("test", Schema.Literal("OK"), ["set", "test:key", value]))
const get = Redis.Redis.use(({ send }) => send("test", Schema.NullOr(Schema.String), ["get", "test:key"]))

/** Until it succeeds: the connection comes back by itself. */
const soon = <A, R>(effect: Effect.Effect<A, StoreError, R>) =>
  Effect.retry(effect, Schedule.spaced("20 millis")).pipe(Effect.timeout("8 seconds"), Effect.orDie)

/** Listens; gives what has been heard since. */
const listening = Effect.fnUntraced(function*(channel: string) {
  const { subscribe } = yield* Redis.Redis
  const heard = yield* Queue.unbounded<ChannelEvent>()
  const stream = yield* subscribe(channel)
  yield* Effect.forkScoped(Stream.runForEach(stream, (one) => Queue.offer(heard, one)))
  const next = Queue.take(heard).pipe(
    Effect.map((one) => one._tag === "Message" ? one.text : "missed"),
    Effect.timeout("8 seconds"),
    Effect.orDie
  )
  return { next }
})

/** Counts the writes of this process's sockets to a port, until the scope closes. */
const writesTo = (port: number) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      let writes = 0
      const count = (socket: Socket) => {
        if (socket.remotePort === port) writes += 1
      }
      const spies = (["_write", "_writev"] as const).map((method) => {
        const original = Socket.prototype[method]
        return vi.spyOn(Socket.prototype, method).mockImplementation(
          function(this: Socket, ...given: ReadonlyArray<unknown>) {
            count(this)
            return Reflect.apply(original ?? (() => {}), this, given)
          }
        )
      })
      return { spies, written: () => writes }
    }),
    ({ spies }) => Effect.sync(() => spies.forEach((spy) => spy.mockRestore()))
  ).pipe(Effect.map(({ written }) => written))

/** Lines of the log. */
const logging = () => {
  const lines: Array<string> = []
  const logger = Logger.layer([Logger.make(({ logLevel, message }) => lines.push(`${logLevel} ${String(message)}`))])
  return { lines, logger }
}

/** Reason why it does not connect. */
const refusal = (url: string) => Effect.flip(Effect.provide(get, at(Redacted.make(url))))

redisSuite("Redis", () => {
  const server = shared()
  const here = (title: string, body: (server: RedisServer) => Test) =>
    it.live(title, () => Effect.flatMap(server, (server) => on(server, body(server))))

  here(
    "a process has two connections, however much it says and however many channels it listens to",
    (server) =>
      Effect.gen(function*() {
        yield* Effect.forEach(Array.from({ length: 300 }, (_, index) => `c${index}`), listening, { concurrency: 50 })
        yield* Effect.forEach(Array.from({ length: 300 }, String), set, { concurrency: 300 })
        const clients = String(yield* server.command("client", "list")).trim().split("\n")
        assert.strictEqual(clients.filter((line) => line.includes("name=nominal-code")).length, 2)
      })
  )

  here(
    "a hundred commands of the same moment leave in two writes of the socket at most",
    ({ port }) =>
      Effect.gen(function*() {
        const written = yield* writesTo(port)
        yield* Effect.forEach(Array.from({ length: 100 }, String), set, { concurrency: 100 })
        assert.isAtMost(written(), 2)
      })
  )

  here("a script that Redis has forgotten is sent again", (server) =>
    Effect.gen(function*() {
      const { run } = yield* Redis.Redis
      const twice = { text: "return ARGV[1] * 2", sha: "b".repeat(40) }
      const call = run("test", Schema.Int, twice, [], [21])
      assert.strictEqual(yield* call, 42)
      const script = yield* Effect.provide(
        RedisScript.load(new URL("../src/lua/", import.meta.url), ["conversation"]),
        NodeServices.layer
      )
      const save = run("test", Schema.Literal(1), script, ["{a}", "{a}b"], [1000, 0, "", "[]"])
      yield* save
      yield* server.command("script", "flush")
      yield* save
    }))

  here("a subscription is there when it says so, and ends with its scope", (server) =>
    Effect.gen(function*() {
      const { next } = yield* listening("test:a")
      const { next: other } = yield* listening("test:a")
      yield* Effect.scoped(Effect.gen(function*() {
        const { next: gone } = yield* listening("test:b")
        yield* server.command("publish", "test:b", "hello")
        assert.strictEqual(yield* gone, "hello")
      }))
      assert.deepStrictEqual(yield* server.command("pubsub", "numsub", "test:a", "test:b"), ["test:a", 1, "test:b", 0])
      yield* server.command("publish", "test:a", "hi")
      assert.deepStrictEqual([yield* next, yield* other], ["hi", "hi"])
    }))

  here(
    "connections that are cut come back by themselves, and listeners are told that they may have missed something",
    (server) =>
      Effect.gen(function*() {
        const { next } = yield* listening("test:cut")
        for (let round = 0; round < 3; round++) {
          yield* server.command("client", "kill", "type", "pubsub")
          yield* server.command("client", "kill", "type", "normal", "skipme", "yes")
          assert.strictEqual(yield* next, "missed")
          yield* server.command("publish", "test:cut", String(round))
          assert.strictEqual(yield* next, String(round))
          yield* soon(set(`round ${round}`))
          assert.strictEqual(yield* get, `round ${round}`)
        }
      })
  )

  here(
    "a primary that became a replica is a store that is away; it is used again when it is promoted",
    (server) =>
      Effect.gen(function*() {
        yield* set("before")
        yield* server.command("replicaof", "127.0.0.1", 1)
        const error = yield* Effect.flip(set("meanwhile"))
        yield* server.command("replicaof", "no", "one")
        assert.isTrue(error.retryable)
        assert.match(
          error.message,
          /^redis:\/\/127\.0\.0\.1:\d+\/0: READONLY, it is a replica; a failover is under way/
        )
        yield* soon(set("after"))
        assert.strictEqual(yield* get, "after")
      })
  )

  here("a reply of another form is an error that does not show it", () =>
    Effect.gen(function*() {
      yield* set("a secret")
      const { send } = yield* Redis.Redis
      const error = yield* Effect.flip(send("test", Schema.Int, ["get", "test:key"]))
      assert.match(error.message, /^redis:\/\/127\.0\.0\.1:\d+\/0: an answer of an unexpected form$/)
      assert.isFalse(error.retryable)
      const wrong = yield* Effect.flip(send("test", Schema.Int, ["incr", "test:key"]))
      assert.match(wrong.message, /: ERR value is not an integer or out of range$/)
      assert.isFalse(wrong.retryable)
    }))

  it.live("a Redis that is killed fails everything at once, and is used again when it is back, with what it knew", () =>
    Effect.gen(function*() {
      const own = yield* start()
      const { lines, logger } = logging()
      yield* on(
        own,
        Effect.gen(function*() {
          const { ping } = yield* Redis.Redis
          const { next } = yield* listening("test:killed")
          yield* set("kept")
          yield* own.kill
          const error = yield* Effect.flip(Effect.repeat(Effect.timeout(ping, "1 second"), Schedule.forever))
          assert.isTrue(error._tag === "StoreError" && error.retryable)
          yield* own.start
          assert.strictEqual(yield* next, "missed")
          assert.strictEqual(yield* soon(get), "kept")
          yield* ping
        })
      ).pipe(Effect.provide(logger))
      assert.match(
        lines[0] ?? "",
        /^Warn redis:\/\/127\.0\.0\.1:\d+\/0: the connection was lost; it will be tried again$/
      )
      assert.isAtMost(lines.filter((line) => line.startsWith("Warn")).length, 2, "one for each connection")
      assert.isTrue(lines.some((line) => line.includes("connected again")))
    }))

  it.live("a Redis that stands still is noticed within seconds, and used again when it goes on", () =>
    Effect.gen(function*() {
      const own = yield* start()
      yield* on(
        own,
        Effect.gen(function*() {
          yield* set("before")
          yield* own.freeze
          const error = yield* Effect.timeout(Effect.flip(set("meanwhile")), "6 seconds")
          yield* own.thaw
          assert.isTrue(error.retryable)
          assert.match(error.message, /: no answer in time; it will be tried again$/)
          yield* soon(set("after"))
          assert.strictEqual(yield* get, "after")
        }).pipe(Effect.catchTag("TimeoutError", () => Effect.die("it hung")))
      )
    }))

  it.live("a Redis that is not there yet is waited for", () =>
    Effect.gen(function*() {
      const own = yield* start()
      yield* own.kill
      const value = yield* Effect.forkScoped(Effect.provide(get, at(own.url)))
      yield* Effect.sleep("300 millis")
      yield* own.start
      assert.isNull(yield* Fiber.join(value))
    }))

  it.effect("a Redis that does not come is told of after a second, and is one clear line", () =>
    Effect.gen(function*() {
      const port = yield* freePort
      const { lines, logger } = logging()
      const failing = yield* Effect.forkScoped(
        Effect.provide(refusal(`redis://:hunter22@127.0.0.1:${port}`), logger)
      )
      for (let tries = 0; failing.pollUnsafe() === undefined && tries < 500; tries++) {
        yield* TestClock.withLive(Effect.sleep("10 millis"))
        yield* TestClock.adjust("1 second")
      }
      const error = yield* Fiber.join(failing)
      assert.strictEqual(
        error.message,
        `redis://127.0.0.1:${port}: ECONNREFUSED for 15 seconds; check redis.url (REDIS_URL)`
      )
      assert.deepStrictEqual(lines, [
        `Warn redis://127.0.0.1:${port}: ECONNREFUSED; it will be tried again; waiting 15 seconds for it at most`
      ])
    }))

  it.live("a database that the server does not have is refused, and not replaced by its first one", () =>
    Effect.gen(function*() {
      const own = yield* start()
      const error = yield* refusal(`redis://127.0.0.1:${own.port}/99`)
      assert.match(error.message, /\/99: ERR DB index is out of range$/)
      yield* Effect.provide(set("in"), at(Redacted.make(`redis://127.0.0.1:${own.port}/3`)))
    }))

  it.live("a password that is changed under a running process is named, and waited for", () =>
    Effect.gen(function*() {
      const own = yield* start({ password: "old" })
      yield* Effect.gen(function*() {
        yield* set("in")
        yield* own.command("config", "set", "requirepass", "new")
        const other = new Client(`redis://:new@127.0.0.1:${own.port}`)
        yield* Effect.promise(() => other.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"))
        const error = yield* Effect.flip(set("out")).pipe(
          Effect.repeat({
            schedule: Schedule.spaced("20 millis"),
            until: ({ message }) => message.includes("WRONGPASS")
          }),
          Effect.timeout("8 seconds")
        )
        assert.match(error.message, /: WRONGPASS, check the user name and the password in redis\.url/)
        assert.isTrue(error.retryable)
        yield* Effect.promise(() => other.config("SET", "requirepass", "old"))
        other.disconnect()
        yield* soon(set("in"))
      }).pipe(Effect.provide(at(own.url)))
    }))

  it.live("a password opens the door; a wrong one and none are refused at once, in one line without it", () =>
    Effect.gen(function*() {
      const own = yield* start({ password: "p@ss/word" })
      const address = `127.0.0.1:${own.port}`
      yield* Effect.provide(set("in"), at(Redacted.make(`redis://:p%40ss%2Fword@${address}`)))
      yield* Effect.provide(set("in"), at(Redacted.make(`redis://default:p%40ss%2Fword@${address}`)))
      const wrong = yield* refusal(`redis://:hunter22@${address}`)
      assert.strictEqual(
        wrong.message,
        `redis://${address}: WRONGPASS, check the user name and the password in redis.url (REDIS_URL)`
      )
      const none = yield* refusal(`redis://${address}`)
      assert.match(none.message, /: NOAUTH, it needs a password: put it into redis\.url/)
      assert.isFalse(wrong.retryable || none.retryable)
    }))

  it.live("a Redis that would lose accepted jobs is named at the start, and one that would not is not", () =>
    Effect.gen(function*() {
      const { lines, logger } = logging()
      const safe = yield* start()
      yield* Effect.provide(get, Layer.provide(at(safe.url), logger))
      assert.deepStrictEqual(lines, [])
      const unsafe = yield* start({ aof: false })
      yield* Effect.provide(get, Layer.provide(at(unsafe.url), logger))
      assert.match(lines.join(), /^Warn redis:\S+ does not write .* \(AOF is off\): .* LOST\. Set appendonly yes$/)
    }))

  it.live("a Redis that throws keys away is refused at the start, with what to set", () =>
    Effect.gen(function*() {
      for (const policy of ["allkeys-lru", "volatile-ttl"]) {
        const evicting = yield* start({ args: ["--maxmemory-policy", policy] })
        const error = yield* refusal(Redacted.value(evicting.url))
        assert.match(error.message, new RegExp(`: it throws keys away .*${policy}.*: set maxmemory-policy noeviction$`))
        assert.isFalse(error.retryable)
      }
    }))

  it.effect("a Redis older than 7 is refused", () =>
    Effect.gen(function*() {
      const address = "redis://old:6379"
      const error = yield* Effect.flip(check({ redis_version: "6.2.14" }, address))
      assert.strictEqual(error.message, `${address}: Redis 6.2.14 is too old, 7 is the oldest that will do`)
      yield* check({ redis_version: "7.0.0", maxmemory_policy: "noeviction" }, address)
      yield* check({}, address)
    }))

  it.live("a Redis without memory is full, and takes writes again when it has some", () =>
    Effect.gen(function*() {
      const own = yield* start()
      yield* on(
        own,
        Effect.gen(function*() {
          yield* set("before")
          yield* own.command("config", "set", "maxmemory", 1)
          assert.strictEqual((yield* Effect.flip(set("meanwhile"))).reason, "full")
          yield* own.command("config", "set", "maxmemory", 0)
          yield* set("after")
        })
      )
    }))

  it.live("over TLS a Redis is used if its certificate is trusted, and refused at once in one line if it is not", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
      const directory = yield* fs.makeTempDirectoryScoped()
      const [key, certificate] = [`${directory}/key.pem`, `${directory}/certificate.pem`]
      const made = yield* spawner.exitCode(ChildProcess.make("openssl", [
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        key,
        "-out",
        certificate,
        "-subj",
        "/CN=localhost",
        "-addext",
        "subjectAltName=DNS:localhost"
      ]))
      assert.strictEqual(Number(made), 0)
      const port = yield* freePort
      yield* start({
        args: [
          `--tls-port ${port}`,
          `--tls-cert-file ${certificate}`,
          `--tls-key-file ${key}`,
          `--tls-ca-cert-file ${certificate}`,
          "--tls-auth-clients no"
        ].flatMap((option) => option.split(" "))
      })
      const ping = (url: string, env: Readonly<Record<string, string>>) =>
        Effect.map(
          spawner.string(ChildProcess.make(process.execPath, [`${import.meta.dirname}/tlsPing.ts`, url], {
            env,
            extendEnv: true
          })),
          (text) => text.trim().split("\n").at(-1)
        )
      const url = `rediss://localhost:${port}`
      const answers = yield* Effect.all([ping(url, { NODE_EXTRA_CA_CERTS: certificate }), ping(url, {})], {
        concurrency: 2
      })
      const advice =
        "no TLS that can be trusted: name the file of its authority in NODE_EXTRA_CA_CERTS, or use redis://"
      assert.deepStrictEqual(answers, ["it answers", `${url}: DEPTH_ZERO_SELF_SIGNED_CERT; ${advice}`])
    }).pipe(Effect.provide(NodeServices.layer)))
})
