import { AppConfig } from "@nominal-code/config/AppConfig"
import { Context, Effect, Layer, Option, type Redacted, Schema, type Scope, type Stream } from "effect"
import { connect } from "./RedisConnection.ts"
import { explain } from "./RedisError.ts"
import type { RedisScript } from "./RedisScript.ts"
import * as RedisSubscriber from "./RedisSubscriber.ts"
import { StoreError } from "./StoreError.ts"

/** A command and its arguments. */
export type Command = readonly [name: string, ...args: ReadonlyArray<string | number>]

type Reply = Schema.ConstraintDecoder<unknown>

/**
 * The Redis that several processes share, and the one place that knows its driver: one connection for commands and one
 * to listen, whatever the process does. Both come back by themselves; while they are away everything fails at once.
 */
export class Redis extends Context.Service<Redis, {
  /** Sends a command and decodes the reply. `operation` names it in an error. It may have been done although it failed. */
  send<S extends Reply>(operation: string, reply: S, command: Command): Effect.Effect<S["Type"], StoreError>
  /** The same for a script. In a cluster all its keys have to carry the same hash tag. */
  run<S extends Reply>(
    operation: string,
    reply: S,
    script: RedisScript,
    keys: ReadonlyArray<string>,
    args: ReadonlyArray<string | number>
  ): Effect.Effect<S["Type"], StoreError>
  /** Listens to a channel, from when this effect has completed until the scope closes. */
  subscribe(channel: string): Effect.Effect<
    Stream.Stream<RedisSubscriber.Heard, StoreError>,
    StoreError,
    Scope.Scope
  >
  /** Succeeds if Redis answers. */
  readonly ping: Effect.Effect<void, StoreError>
}>()("@nominal-code/persistence/Redis") {}

const isUnknownScript = Schema.is(Schema.Struct({ message: Schema.String.check(Schema.isPattern(/^NOSCRIPT/)) }))

const make = Effect.fnUntraced(function*(url: Redacted.Redacted) {
  const { address, commands, subscriber } = yield* connect(url)
  const subscribe = yield* RedisSubscriber.make(subscriber, address)

  const attempt = <S extends Reply>(operation: string, reply: S, command: () => Promise<unknown>) =>
    Effect.tryPromise({ try: command, catch: (cause) => explain({ operation, address, cause }) }).pipe(
      Effect.flatMap((value) =>
        Effect.mapError(
          Schema.decodeUnknownEffect(reply)(value),
          // The error quotes the reply, so it is left out.
          () => new StoreError({ operation, message: `${address}: an answer of an unexpected form`, retryable: false })
        )
      )
    )

  return Redis.of({
    send: (operation, reply, [name, ...args]) => attempt(operation, reply, () => commands.call(name, ...args)),
    run: (operation, reply, { sha, text }, keys, args) => {
      const rest = [...keys, ...args]
      return attempt(operation, reply, () =>
        commands.evalsha(sha, keys.length, ...rest).catch((cause: unknown) => {
          if (isUnknownScript(cause)) return commands.eval(text, keys.length, ...rest)
          throw cause
        }))
    },
    subscribe,
    ping: Effect.asVoid(attempt("Redis.ping", Schema.Literal("PONG"), () => commands.call("ping")))
  })
})

/** The Redis of a given URL, `redis://` or, over TLS, `rediss://`. */
export const layerAt = (url: Redacted.Redacted): Layer.Layer<Redis, StoreError> => Layer.effect(Redis, make(url))

const missing = new StoreError({
  operation: "Redis.connect",
  message: "redis.url (REDIS_URL) must be set to a redis:// or rediss:// URL",
  retryable: false
})

/** The configured Redis. */
export const layer: Layer.Layer<Redis, StoreError, AppConfig> = Layer.unwrap(
  Effect.map(
    AppConfig,
    ({ redis }) =>
      Option.match(redis, {
        onNone: () => Layer.effect(Redis, Effect.fail(missing)),
        onSome: ({ url }) => layerAt(url)
      })
  )
)
