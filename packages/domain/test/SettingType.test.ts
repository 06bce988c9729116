import { assert, it } from "@effect/vitest"
import * as SettingType from "@nominal-code/domain/settings/SettingType"
import { Duration, Effect, Option, Redacted, Schema } from "effect"

const accepts = <A>(read: (value: string) => Option.Option<A>, texts: ReadonlyArray<string>) =>
  texts.filter((text) => Option.isSome(read(text)))

it("a flag is true or false in the words of people, and nothing else", () => {
  const { fromText, fromYaml } = SettingType.flag
  for (const text of ["true", "TRUE", "1", "yes", " Yes "]) assert.deepStrictEqual(fromText(text), Option.some(true))
  for (const text of ["false", "False", "0", "no"]) assert.deepStrictEqual(fromText(text), Option.some(false))
  assert.deepStrictEqual(accepts(fromText, ["", "flase", "on", "off", "2", "y", "t", "truee"]), [])
  assert.deepStrictEqual(fromYaml(true), Option.some(true))
  assert.deepStrictEqual(fromYaml("no"), Option.some(false))
  assert.isTrue(Option.isNone(fromYaml(1)))
})

it("a whole number is digits, within its bounds", () => {
  const { fromText, fromYaml } = SettingType.integer(0, 10)
  assert.deepStrictEqual(accepts(fromText, ["0", "10", " 7 ", "+3", "-1", "11", "1.5", "1e1", "0x5", "seven", ""]), [
    "0",
    "10",
    " 7 ",
    "+3"
  ])
  assert.deepStrictEqual(fromYaml(7), Option.some(7))
  assert.deepStrictEqual(fromYaml("7"), Option.some(7))
  for (const value of [7.5, true, null, [7], NaN]) assert.isTrue(Option.isNone(fromYaml(value)))
})

it.effect.prop("a whole number reads the same from YAML and from text", [Schema.Int], ([number]) =>
  Effect.sync(() => {
    const { fromText, fromYaml } = SettingType.integer(-1e15)
    if (Math.abs(number) < 1e15) assert.deepStrictEqual(fromText(String(number)), fromYaml(number === 0 ? 0 : number))
  }))

it("an amount may have decimals, and is never negative", () => {
  assert.deepStrictEqual(SettingType.amount.fromText("2.50"), Option.some(2.5))
  assert.deepStrictEqual(accepts(SettingType.amount.fromText, ["-1", "NaN", "Infinity", "1,5", "$2", ".5"]), [])
})

it("a time span is a whole number and its unit", () => {
  const { fromText, fromYaml } = SettingType.duration
  assert.deepStrictEqual(fromText(" 24h "), Option.some(Duration.hours(24)))
  assert.deepStrictEqual(fromYaml("90s"), Option.some(Duration.seconds(90)))
  assert.deepStrictEqual(accepts(fromText, ["15m", "7d", "0h", "24", "1.5h", "-1h", "1h30m", "1 h", "24H", ""]), [
    "15m",
    "7d"
  ])
  assert.isTrue(Option.isNone(fromYaml(24)))
})

it("a list splits at commas in text only, trims, and drops what is empty", () => {
  const { fromText, fromYaml } = SettingType.list("things")
  assert.deepStrictEqual(fromText(" a, b ,, c,"), Option.some(["a", "b", "c"]))
  assert.deepStrictEqual(fromYaml([" a ", "b,c", ""]), Option.some(["a", "b,c"]))
  for (const value of ["a,b", null, [1], { a: 1 }]) assert.isTrue(Option.isNone(fromYaml(value)))
})

it("title tags are lower case, once each, and split at commas everywhere", () => {
  assert.deepStrictEqual(SettingType.tags.fromText("NominalBot,CI,,ci"), Option.some(["nominalbot", "ci"]))
  assert.deepStrictEqual(SettingType.tags.fromYaml(["NominalBot, CI", ""]), Option.some(["nominalbot", "ci"]))
})

it("a number is no text: it has lost how it was written", () => {
  for (const kind of [SettingType.text, SettingType.line]) {
    assert.isTrue(Option.isNone(kind.fromYaml(12345)))
    assert.deepStrictEqual(kind.fromYaml("0123"), Option.some("0123"))
  }
})

it("a text is verbatim, a line is trimmed and is one", () => {
  assert.deepStrictEqual(SettingType.text.fromText(" a\nb "), Option.some(" a\nb "))
  assert.deepStrictEqual(SettingType.line.fromText(" a\n"), Option.some("a"))
  assert.isTrue(Option.isNone(SettingType.line.fromText("a\nb")))
})

it("a home directory that nobody expands is no path", () => {
  assert.deepStrictEqual(accepts(SettingType.path.fromText, ["~/data", "~", "/data", "data", "./a~"]), [
    "/data",
    "data",
    "./a~"
  ])
})

it("a secret does not print", () => {
  const read = SettingType.secret(SettingType.text).fromText("hunter2")
  assert.notInclude(JSON.stringify(read) + String(read), "hunter2")
  assert.deepStrictEqual(Option.map(read, Redacted.value), Option.some("hunter2"))
})
