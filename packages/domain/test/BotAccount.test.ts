import { assert, it } from "@effect/vitest"
import { appLogin, isBotAccount, isSameLogin } from "@nominal-code/domain/event/BotAccount"

it("logins are compared without regard to case", () => {
  assert.isTrue(isSameLogin("Alice", "aLICE"))
  assert.isFalse(isSameLogin("alice", "alice2"))
})

it("the bot is known by any of its names, as a user and as an app", () => {
  const isBot = isBotAccount(["nominal", "Old-Name"])
  for (const login of ["nominal", "Nominal[bot]", "old-name", "OLD-NAME[bot]"]) assert.isTrue(isBot(login), login)
  for (const login of ["nominal-2", "[bot]", ""]) assert.isFalse(isBot(login), login)
})

it("a person with the name of an app is not the bot", () => {
  assert.isTrue(isBotAccount(["nominal[bot]"])("nominal[bot]"))
  assert.isFalse(isBotAccount(["nominal[bot]"])("nominal"))
})

it("a bot without a name has no account", () => {
  for (const login of ["", "[bot]"]) assert.isFalse(isBotAccount([""])(login), login)
})

it("an app has its suffix once, whether it is given with it or without", () => {
  assert.strictEqual(appLogin("nominal"), "nominal[bot]")
  assert.strictEqual(appLogin("nominal[bot]"), "nominal[bot]")
})
