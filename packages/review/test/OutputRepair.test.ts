import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import type { AgentResult } from "@nominal-code/agent/AgentRunner"
import { Effect, Layer, Option } from "effect"
import { jsonCandidates, parseJson } from "../src/answer/Json.ts"
import { readText, recover } from "../src/answer/OutputRepair.ts"
import type { ReviewAnswer } from "../src/answer/ReviewOutput.ts"
import * as Scene from "./Scene.ts"

const bodyOf = (text: string) => Option.getOrUndefined(readText(text))?.findings[0]?.body
const review = (body: string) => `{"summary": "s", "comments": [{"path": "a.ts", "line": 1, "body": ${body}}]}`

describe("a review in a text", () => {
  it("is read with prose and fences around it", () => {
    const json = review(`"a bug"`)
    for (
      const text of [
        json,
        `Here it is:\n${json}\nDone.`,
        `\`\`\`json\n${json}\n\`\`\``,
        `if (x) { y } then\n\`\`\`\n${json}\n\`\`\``
      ]
    ) {
      assert.strictEqual(bodyOf(text), "a bug", text)
    }
  })

  it("is read with bare quotes in it, with commas too many and with its end cut off", () => {
    assert.strictEqual(bodyOf(review(`"use "foo" here"`)), `use "foo" here`)
    assert.strictEqual(bodyOf(review(`"a",`)), "a")
    assert.strictEqual(bodyOf(review(`"a"`).slice(0, -3)), "a")
  })

  it("is read at any length, and repaired only where that cannot take long", () => {
    const long = "a bug ".repeat(100_000)
    assert.strictEqual(bodyOf(review(JSON.stringify(long)))?.length, 65_536)
    assert.strictEqual(bodyOf(`${review(`"a bug"`).slice(0, -1)}${" ".repeat(1_000)}`), "a bug")
    assert.deepStrictEqual(parseJson(`{}\n${"A\n".repeat(100_000)}`), Option.none())
    assert.isTrue(Option.isNone(readText("A\n".repeat(100_000))))
  })

  it("is repaired only as far as all parts of the text together are not long", () => {
    const broken = (key: string, length: number) =>
      `\`\`\`json\n{"x": 1 "${key}": "${"a".repeat(length)}", "comments": []}\n\`\`\`\n`
    const read = (length: number) => Option.isSome(readText(broken("other", 20_000) + broken("summary", length)))
    assert.deepStrictEqual([read(10_000), read(20_000)], [true, false])
    assert.isTrue(Option.isSome(readText(broken("summary", 20_000))))
  })

  it("is none where there is only prose", () => {
    for (const text of ["", "Looks good to me!", "I could not finish {", "[1, 2]", `{"a": 1}`, "null"]) {
      assert.isTrue(Option.isNone(readText(text)), text)
    }
  })

  it("is looked for at the likeliest places first", () => {
    assert.strictEqual(jsonCandidates(`{x} {"summary": 1} y`)[0], `{"summary": 1}`)
    assert.deepStrictEqual(parseJson("[1,]"), Option.some([1]))
  })
})

const result = (changes: Partial<AgentResult<ReviewAnswer>>): AgentResult<ReviewAnswer> => ({
  answer: Option.none(),
  text: "",
  conversation: { messages: [] },
  turns: 8,
  usage: Scene.usage,
  stopped: "prose",
  ...changes
})

const recovered = (world: Scene.World, changes: Partial<AgentResult<ReviewAnswer>>) =>
  recover(result(changes), Scene.settings.reviewer).pipe(
    Effect.provide(Layer.merge(Scene.layer(world), NodeServices.layer))
  )

describe("recovering an answer", () => {
  it.effect("asks no model when the text can be read", () =>
    Effect.gen(function*() {
      const world = Scene.world()
      const { answer, usage } = yield* recovered(world, { text: review(`"a bug"`) })
      assert.strictEqual(Option.getOrUndefined(answer)?.summary, "s")
      assert.deepStrictEqual([world.tasks.length, usage.calls], [0, 1])
    }))

  it.effect("asks twice at the most, with the text alone and without tools, and counts what it costs", () =>
    Effect.gen(function*() {
      const world = Scene.world({ answers: [Scene.writes("sorry"), Scene.writes("sorry again")] })
      const { answer, usage } = yield* recovered(world, { text: "The total is wrong in line 3." })
      assert.isTrue(Option.isNone(answer))
      assert.deepStrictEqual([world.tasks.length, usage.calls, usage.costUsd], [2, 3, 0.03])
      assert.include(world.tasks[0]?.prompt ?? "", "The total is wrong in line 3.")
      assert.include(world.tasks[1]?.prompt ?? "", "sorry")
      for (const task of world.tasks) {
        assert.deepStrictEqual([task.tools, task.history.messages, task.settings.maxTurns], [[], [], 1])
      }
    }))

  it.effect("takes what the second call hands in", () =>
    Effect.gen(function*() {
      const world = Scene.world({ answers: [Scene.writes("sorry"), Scene.submits({ summary: "s", comments: [] })] })
      const { answer } = yield* recovered(world, { text: "All fine." })
      assert.strictEqual(Option.getOrUndefined(answer)?.summary, "s")
    }))

  it.effect("spends nothing where nothing was written, or where the money is used up", () =>
    Effect.gen(function*() {
      const world = Scene.world()
      yield* recovered(world, { text: " ", stopped: "turns" })
      yield* recovered(world, { text: "prose", stopped: "budget" })
      assert.strictEqual(world.tasks.length, 0)
    }))

  it.effect("asks no second time once the money is used up", () =>
    Effect.gen(function*() {
      const world = Scene.world({ answers: [() => Effect.succeed({ text: "sorry", stopped: "budget" })] })
      yield* recovered(world, { text: "The total is wrong in line 3." })
      assert.strictEqual(world.tasks.length, 1)
    }))
})
