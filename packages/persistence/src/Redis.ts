import { layerConfigOf } from "@nominal-code/domain/settings/LayerConfig"
import { type Config, Context, Effect, Layer, Redacted, Schema, type Scope, type Stream } from "effect"
import type { Redis as Single } from "ioredis"
import { type Client, connect, type RedisTarget, refusalOf } from "./RedisConnection.ts"
import { explain, explainRefusal } from "./RedisError.ts"
import type { RedisScript } from "./RedisScript.ts"
import * as RedisSubscriber from "./RedisSubscriber.ts"
import { StoreError } from "./StoreError.ts"

/** Argument of a command. */
export type Argument = string | number | Uint8Array

/** A command and its arguments. */
export type Command = readonly [name: string, ...args: ReadonlyArray<Argument>]

/** Encoding of the texts of a reply. `bytes`: each of their characters is one byte. */
export type TextEncoding = "utf8" | "bytes"

/** The schema of a reply. */
export type Reply = Schema.ConstraintDecoder<unknown>

/**
 * Client of the shared Redis, and the only user of its driver: one connection for commands and one for subscriptions.
 * Both reconnect by themselves; meanwhile every call fails at once.
 */
export class Redis extends Context.Service<Redis, {
  /** Sends a command and decodes the reply. `operation` names it in an error. It may have been done although it failed. */
  send<S extends Reply>(
    operation: string,
    reply: S,
    command: Command,
    texts?: TextEncoding
  ): Effect.Effect<S["Type"], StoreError>
  /** Runs a script. In a cluster all its keys need the same hash tag. */
  run<S extends Reply>(
    operation: string,
    reply: S,
    script: RedisScript,
    keys: ReadonlyArray<string>,
    args: ReadonlyArray<Argument>,
    texts?: TextEncoding
  ): Effect.Effect<S["Type"], StoreError>
  /** Subscribes to a channel, from the completion of this effect until the scope closes. */
  subscribe(channel: string): Effect.Effect<
    Stream.Stream<RedisSubscriber.ChannelEvent, StoreError>,
    StoreError,
    Scope.Scope
  >
  /**
   * Waits until the configured number of replicas have all earlier writes to the node of this key; fails after a
   * second.
   */
  replicated(operation: string, key: string): Effect.Effect<void, StoreError>
  /** Succeeds if Redis answers. */
  readonly ping: Effect.Effect<void, StoreError>
}>()("@nominal-code/persistence/Redis") {}

/** Replaces the buffers of a reply by texts. */
const textsIn = (reply: unknown): unknown => {
  if (Array.isArray(reply)) return reply.map(textsIn)
  return Buffer.isBuffer(reply) ? reply.toString("latin1") : reply
}

const isUnknownScript = Schema.is(Schema.Struct({ message: Schema.String.check(Schema.isPattern(/^NOSCRIPT/)) }))

/** Connection that carries the writes of a key. */
const primaryOf = (commands: Client, key: string): Promise<Single> => {
  if (!("slots" in commands)) return Promise.resolve(commands)
  return commands.cluster("KEYSLOT", key).then((slot) => {
    const [primary] = commands.slots[slot] ?? []
    const node = commands.nodes("master").find(({ options: { host, port } }) => `${host}:${port}` === primary)
    if (node === undefined) throw new Error("the cluster is not complete")
    return node
  })
}

/**
 * Makes the function to call before a command is sent: all commands of this turn of the event loop leave in one write of
 * the socket. Each write is a system call, and a packet.
 */
const makeGathering = (commands: Client) => {
  let gathered: Single["stream"] | undefined
  const send = () => {
    gathered?.uncork()
    gathered = undefined
  }
  return (): void => {
    // The nodes of a cluster have sockets of their own. Without a connection there is none.
    const socket: Single["stream"] | undefined = "slots" in commands ? undefined : commands.stream
    if (gathered !== undefined || socket === undefined) return
    gathered = socket
    socket.cork()
    process.nextTick(send)
  }
}

const replicaMillis = 1_000

/** Address of a Redis, and the number of replicas that need to have an accepted job. */
export interface RedisOptions extends RedisTarget {
  readonly waitReplicas?: number
}

const make = Effect.fnUntraced(function*({ waitReplicas = 0, ...target }: RedisOptions) {
  const { address, commands, subscriber } = yield* connect(target)
  const subscribe = yield* RedisSubscriber.make(subscriber, address)

  const attempt = <S extends Reply>(operation: string, reply: S, command: () => Promise<unknown>) =>
    Effect.tryPromise({
      try: command,
      catch: (cause) => {
        const failure = { operation, address, cause }
        const refusal = refusalOf(commands)
        return refusal === undefined ? explain(failure) : explainRefusal(explain(failure), failure, refusal)
      }
    }).pipe(
      Effect.flatMap((value) =>
        Effect.mapError(
          Schema.decodeUnknownEffect(reply)(value),
          // The error quotes the reply, so it is left out.
          () => new StoreError({ operation, message: `${address}: an answer of an unexpected form`, reason: "failed" })
        )
      )
    )

  const gather = makeGathering(commands)
  const call = ([name, ...args]: Command, texts: TextEncoding = "utf8"): Promise<unknown> => {
    gather()
    const words = args.map((one) => one instanceof Uint8Array && !Buffer.isBuffer(one) ? Buffer.from(one) : one)
    return texts === "bytes" ? commands.callBuffer(name, ...words).then(textsIn) : commands.call(name, ...words)
  }

  return Redis.of({
    send: (operation, reply, command, texts) => attempt(operation, reply, () => call(command, texts)),
    run: (operation, reply, { sha, text }, keys, args, texts) => {
      const rest = [keys.length, ...keys, ...args]
      return attempt(operation, reply, () =>
        call(["evalsha", sha, ...rest], texts).catch((cause: unknown) => {
          if (isUnknownScript(cause)) return call(["eval", text, ...rest], texts)
          throw cause
        }))
    },
    subscribe,
    replicated: Effect.fnUntraced(function*(operation, key) {
      if (waitReplicas === 0) return
      const confirmed = yield* attempt(
        operation,
        Schema.Int,
        () => primaryOf(commands, key).then((node) => node.wait(waitReplicas, replicaMillis))
      )
      if (confirmed >= waitReplicas) return
      return yield* new StoreError({
        operation,
        message: `${address}: no replica has confirmed it (redis.wait_replicas is ${waitReplicas})`,
        reason: "unavailable"
      })
    }),
    ping: Effect.asVoid(attempt("Redis.ping", Schema.Literal("PONG"), () => commands.call("ping")))
  })
})

/** The Redis of a URL. */
export const layer = (target: Redacted.Redacted | RedisOptions): Layer.Layer<Redis, StoreError> =>
  Layer.effect(Redis, make(Redacted.isRedacted(target) ? { url: target } : target))

/** The layer with its options from Effect's `Config`. */
export const layerConfig: (
  options: Config.Wrap<Redacted.Redacted | RedisOptions>
) => Layer.Layer<Redis, Config.ConfigError | StoreError> = layerConfigOf(layer)
