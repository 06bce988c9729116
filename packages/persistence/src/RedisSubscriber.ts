import { Effect, Queue, Schedule, Schema, Stream } from "effect"
import type { Redis as Single } from "ioredis"
import { explain } from "./RedisError.ts"
import type { StoreError } from "./StoreError.ts"

/** Event of a subscription. */
export const ChannelEvent = Schema.TaggedUnion({
  Message: { text: Schema.String },
  /** The connection was lost and is back. Messages in between were missed, so read the stored state. */
  Missed: {}
})
export type ChannelEvent = typeof ChannelEvent.Type

/** Interval of pings, which detect a dead connection. */
const heartbeat = Schedule.spaced("10 seconds")

/** Makes the subscriptions of a process, on one connection. */
export const make = Effect.fnUntraced(function*(connection: Single, address: string) {
  const channels = new Map<string, Set<Queue.Queue<ChannelEvent>>>()

  const attempt = (operation: string, command: () => Promise<unknown>) =>
    Effect.tryPromise({ try: command, catch: (cause) => explain({ operation, address, cause }) })

  connection.on("message", (channel: string, text: string) => {
    for (const listener of channels.get(channel) ?? []) {
      Queue.offerUnsafe(listener, ChannelEvent.cases.Message.make({ text }))
    }
  })

  const again = Effect.suspend(() =>
    channels.size === 0
      ? Effect.void
      : Effect.map(attempt("Redis.subscribe", () => connection.subscribe(...channels.keys())), () => {
        for (const listeners of channels.values()) {
          for (const listener of listeners) Queue.offerUnsafe(listener, ChannelEvent.cases.Missed.make({}))
        }
      })
  )
  const connected = yield* Queue.unbounded<void>()
  connection.on("ready", () => Queue.offerUnsafe(connected, undefined))
  yield* Queue.take(connected).pipe(
    Effect.andThen(again),
    // The connection was lost once more, and comes back once more.
    Effect.ignore,
    Effect.forever,
    Effect.forkScoped
  )
  // A connection without an answer is closed by the driver, which then makes another one.
  yield* attempt("Redis.ping", () => connection.ping()).pipe(
    Effect.ignore,
    Effect.repeat(heartbeat),
    Effect.forkScoped
  )

  const leave = (channel: string, listener: Queue.Queue<ChannelEvent>) =>
    Effect.suspend(() => {
      const listeners = channels.get(channel)
      listeners?.delete(listener)
      if (listeners === undefined || listeners.size > 0) return Queue.shutdown(listener)
      channels.delete(channel)
      return Effect.andThen(
        Effect.ignore(attempt("Redis.unsubscribe", () => connection.unsubscribe(channel))),
        Queue.shutdown(listener)
      )
    })

  return Effect.fn("Redis.subscribe")(function*(channel: string) {
    const listener = yield* Effect.acquireRelease(
      Queue.unbounded<ChannelEvent>(),
      (listener) => leave(channel, listener)
    )
    // Before the command, so that a connection that is made anew meanwhile knows the channel.
    const listeners = channels.get(channel) ?? new Set()
    channels.set(channel, listeners.add(listener))
    yield* attempt("Redis.subscribe", () => connection.subscribe(channel))
    const heard: Stream.Stream<ChannelEvent, StoreError> = Stream.fromQueue(listener)
    return heard
  })
})
