import { NodeServices } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { Block } from "@nominal-code/domain/model/Conversation"
import { Transcript, TranscriptEvent } from "@nominal-code/domain/model/Transcript"
import { Usage } from "@nominal-code/domain/model/Usage"
import * as KnownSecrets from "@nominal-code/domain/secret/KnownSecrets"
import { laneOf, push } from "@nominal-code/testing/Jobs"
import { testConfig } from "@nominal-code/testing/TestConfig"
import { Effect, FileSystem, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { utimesSync } from "node:fs"
import { read, recording } from "../src/transcripts/Recording.ts"

const job = push(laneOf(7), "one")
const secret = "a \"secret\"\nof two lines"

const answered = TranscriptEvent.cases.Answered.make({
  provider: "anthropic",
  model: "m",
  request: "0".repeat(16),
  system: "1".repeat(16),
  results: [Block.cases.ToolResult.make({ toolUseId: "1", content: `token = ${secret}`, isError: false })],
  content: [Block.cases.ToolUse.make({ id: "2", name: "Read", input: { file_path: secret } })],
  stop: "tool-use",
  usage: Usage.none
})

/** A data directory, and a review that tells its transcript one event. */
const withData = Effect.fnUntraced(function*(transcripts: boolean) {
  const fs = yield* FileSystem.FileSystem
  const dataDir = yield* fs.makeTempDirectoryScoped({ prefix: "transcripts-" })
  const context = KnownSecrets.layer([Redacted.make(secret)])
  const settings = testConfig({ dataDir, transcripts })
  const told = Effect.flatMap(Transcript, (tell) => tell(answered))
  return {
    context,
    settings,
    directory: `${dataDir}/transcripts`,
    fs,
    run: Effect.provide(recording(settings, job, told), context)
  }
})

layer(NodeServices.layer)("the transcript of a review", (it) => {
  it.effect("is for its owner alone, holds no secret, and is removed after seven days", () =>
    Effect.gen(function*() {
      const { directory, fs, run } = yield* withData(true)
      yield* fs.makeDirectory(directory, { recursive: true })
      yield* fs.writeFileString(`${directory}/old.jsonl`, "{}")
      yield* fs.writeFileString(`${directory}/young.jsonl`, "{}")
      yield* TestClock.setTime(100 * 86_400_000)
      utimesSync(`${directory}/old.jsonl`, 92 * 86_400, 92 * 86_400)
      utimesSync(`${directory}/young.jsonl`, 94 * 86_400, 94 * 86_400)
      yield* run
      assert.sameMembers(yield* fs.readDirectory(directory), [`${job.id}.jsonl`, "young.jsonl"])
      const file = `${directory}/${job.id}.jsonl`
      assert.strictEqual((yield* fs.stat(file)).mode & 0o777, 0o600)
      const text = yield* fs.readFileString(file)
      assert.strictEqual(text.trim().split("\n").length, 1)
      assert.notInclude(text, "of two lines")
      assert.include(text, "token = ")
    }))

  it.effect("is not kept unless it is asked for, and one that is not there is named with its setting", () =>
    Effect.gen(function*() {
      const { context, directory, fs, run, settings } = yield* withData(false)
      yield* run
      assert.isFalse(yield* fs.exists(directory))
      const { message } = yield* Effect.flip(Effect.provide(read(settings, job.id), context))
      assert.include(message, "retention.transcripts")
    }))
})
