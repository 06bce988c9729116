/** Transcripts of reviews, with an event on each line: a file for each job, or a key in Redis for those of pods. */
import type { RedisSettings } from "@nominal-code/config/AppConfig"
import { fileTrouble } from "@nominal-code/domain/file/FileTrouble"
import type { Job } from "@nominal-code/domain/job/Job"
import { Transcript, TranscriptEvent } from "@nominal-code/domain/model/Transcript"
import { KnownSecrets } from "@nominal-code/domain/secret/KnownSecrets"
import * as Redis from "@nominal-code/persistence/Redis"
import * as TranscriptStore from "@nominal-code/persistence/TranscriptStore"
import { recordClaims } from "@nominal-code/review/TranscriptSteps"
import { Clock, Effect, FileSystem, Option, Path, Predicate, Ref, Schema } from "effect"

/** A transcript that is not there, or cannot be read. */
export class NoTranscript extends Schema.TaggedError<NoTranscript>()("NoTranscript", { message: Schema.String }) {}

const Line = Schema.fromJsonString(Schema.toCodecJson(TranscriptEvent))
const encode = Schema.encodeSync(Schema.toCodecJson(TranscriptEvent))
const decode = Schema.decodeEffect(Line)

/** Age at which a transcript is removed: that at which the record of its job is. */
const keptMillis = 7 * 86_400_000

/** A value whose texts hold no secret. */
const redacted = (value: unknown, redact: (text: string) => string): unknown => {
  if (Predicate.isString(value)) return redact(value)
  if (Array.isArray(value)) return value.map((one: unknown) => redacted(one, redact))
  if (!Predicate.isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, redacted(one, redact)]))
}

const directoryIn = (dataDir: string) => Effect.map(Path.Path, (path) => path.join(dataDir, "transcripts"))

const removeOld = Effect.fnUntraced(function*(directory: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const now = yield* Clock.currentTimeMillis
  for (const name of yield* fs.readDirectory(directory)) {
    const file = path.join(directory, name)
    const { mtime } = yield* fs.stat(file)
    if (Option.exists(mtime, (at) => at.getTime() < now - keptMillis)) yield* fs.remove(file)
  }
})

/** Writes a transcript for its owner's eyes alone. */
const writeFile = Effect.fnUntraced(
  function*(dataDir: string, { id }: Job, text: string) {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const directory = yield* directoryIn(dataDir)
    yield* fs.makeDirectory(directory, { recursive: true, mode: 0o700 })
    yield* removeOld(directory)
    const file = path.join(directory, `${id}.jsonl`)
    yield* fs.writeFileString(`${file}.new`, text, { mode: 0o600 })
    yield* fs.rename(`${file}.new`, file)
  }
)

/** Place of a transcript: this process's data directory; or Redis, for a pod whose disk goes with it. */
export type Place = "disk" | "redis"

/** Settings of the transcripts. */
export interface TranscriptSettings {
  /** True if they are kept. */
  readonly transcripts: boolean
  readonly dataDir: string
  readonly redis: Option.Option<RedisSettings>
}

/** Keeps a transcript, without secrets, in place of an earlier one of the job. */
const write = Effect.fnUntraced(
  function*(settings: TranscriptSettings, place: Place, job: Job, events: ReadonlyArray<TranscriptEvent>) {
    const { dataDir, redis } = settings
    const { redact } = yield* KnownSecrets
    const lines = events.map((event) => JSON.stringify(redacted(encode(event), redact)))
    const text = `${lines.join("\n")}\n`
    if (place === "disk" || Option.isNone(redis)) return yield* writeFile(dataDir, job, text)
    yield* Effect.provide(TranscriptStore.put(job.id, text), Redis.layer(redis.value))
  },
  (effect) =>
    Effect.catch(effect, ({ message }) => Effect.logWarning(`the transcript could not be written: ${message}`))
)

/** Runs a job, and keeps the transcript of its review if the configuration says so. */
export const recording = <A, E, R>(
  settings: TranscriptSettings,
  job: Job,
  run: Effect.Effect<A, E, R>,
  place: Place = "disk"
) =>
  Effect.gen(function*() {
    if (!settings.transcripts) return yield* run
    const events = yield* Ref.make<ReadonlyArray<TranscriptEvent>>([])
    const written = Effect.flatMap(
      Ref.get(events),
      (all) => all.length === 0 ? Effect.void : write(settings, place, job, all)
    )
    return yield* recordClaims(run).pipe(
      Effect.provideService(Transcript, (event) => Ref.update(events, (before) => [...before, event])),
      Effect.ensuring(written)
    )
  })

/** Reads the transcript of a job, by its id or the name of its file. */
export const read = Effect.fn("Recording.read")(
  function*({ dataDir, redis }: TranscriptSettings, job: string) {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const file = job.endsWith(".jsonl") ? job : path.join(yield* directoryIn(dataDir), `${job}.jsonl`)
    const isElsewhere = !job.endsWith(".jsonl") && !(yield* fs.exists(file))
    const left = isElsewhere && Option.isSome(redis)
      ? yield* Effect.provide(TranscriptStore.get(job), Redis.layer(redis.value))
      : Option.none()
    const text = Option.isSome(left) ? left.value : yield* fs.readFileString(file)
    const events = yield* Effect.forEach(text.trim().split("\n"), (line) => decode(line), { concurrency: 1 })
    const began = events.findLast(TranscriptEvent.guards.Began)
    if (began === undefined) return yield* new NoTranscript({ message: `${file} has no review in it` })
    return {
      began,
      answers: events.filter(TranscriptEvent.guards.Answered),
      claims: events.filter(TranscriptEvent.guards.Claimed)
    }
  },
  (effect, _settings, job) => {
    const failed = ({ message }: { readonly message: string }) =>
      Effect.fail(
        new NoTranscript({
          message:
            `there is no transcript of ${job} that can be read: ${message}. A server writes one for each review ` +
            "with retention.transcripts (RETENTION_TRANSCRIPTS=true), and keeps it for seven days; those of Jobs are in " +
            "the Redis of redis.url (REDIS_URL)"
        })
      )
    return Effect.catchTags(effect, {
      PlatformError: (error) => failed({ message: fileTrouble(error) }),
      SchemaError: failed,
      StoreError: failed
    })
  }
)
