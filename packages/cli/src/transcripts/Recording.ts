/** Transcripts of reviews on this disk: a file for each job, with an event on each line. */
import { AppConfig } from "@nominal-code/config/AppConfig"
import type { Job } from "@nominal-code/domain/Job"
import { KnownSecrets } from "@nominal-code/domain/KnownSecrets"
import { Transcript, TranscriptEvent } from "@nominal-code/domain/Transcript"
import { tellingClaims } from "@nominal-code/review/TranscriptSteps"
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

/** Writes a transcript for its owner's eyes alone, in place of an earlier one of the job. */
const write = Effect.fnUntraced(
  function*(dataDir: string, { id }: Job, events: ReadonlyArray<TranscriptEvent>) {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const { redact } = yield* KnownSecrets
    const directory = yield* directoryIn(dataDir)
    yield* fs.makeDirectory(directory, { recursive: true, mode: 0o700 })
    yield* removeOld(directory)
    const lines = events.map((event) => JSON.stringify(redacted(encode(event), redact)))
    const file = path.join(directory, `${id}.jsonl`)
    yield* fs.writeFileString(`${file}.new`, `${lines.join("\n")}\n`, { mode: 0o600 })
    yield* fs.rename(`${file}.new`, file)
  },
  (effect) =>
    Effect.catch(effect, ({ message }) => Effect.logWarning(`the transcript could not be written: ${message}`))
)

/** Runs a job, and keeps the transcript of its review where the configuration says so. */
export const recording = <A, E, R>(job: Job, run: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const { dataDir, transcripts } = yield* AppConfig
    if (!transcripts) return yield* run
    const events = yield* Ref.make<ReadonlyArray<TranscriptEvent>>([])
    const written = Effect.flatMap(
      Ref.get(events),
      (all) => all.length === 0 ? Effect.void : write(dataDir, job, all)
    )
    return yield* tellingClaims(run).pipe(
      Effect.provideService(Transcript, (event) => Ref.update(events, (before) => [...before, event])),
      Effect.ensuring(written)
    )
  })

/** Reads the transcript of a job, by its id or the name of its file. */
export const read = Effect.fn("Recording.read")(
  function*(job: string) {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const { dataDir } = yield* AppConfig
    const file = job.endsWith(".jsonl") ? job : path.join(yield* directoryIn(dataDir), `${job}.jsonl`)
    const text = yield* fs.readFileString(file)
    const events = yield* Effect.forEach(text.trim().split("\n"), (line) => decode(line), { concurrency: 1 })
    const began = events.findLast(TranscriptEvent.guards.Began)
    if (began === undefined) return yield* new NoTranscript({ message: `${file} has no review in it` })
    return {
      began,
      answers: events.filter(TranscriptEvent.guards.Answered),
      claims: events.filter(TranscriptEvent.guards.Claimed)
    }
  },
  (effect, job) => {
    const failed = ({ message }: { readonly message: string }) =>
      Effect.fail(
        new NoTranscript({
          message:
            `there is no transcript of ${job} that can be read: ${message}. A server writes one for each review ` +
            "with retention.transcripts (RETENTION_TRANSCRIPTS=true), and keeps it for seven days"
        })
      )
    return Effect.catchTags(effect, { PlatformError: failed, SchemaError: failed })
  }
)
