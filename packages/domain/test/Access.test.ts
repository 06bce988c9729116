import { assert, it } from "@effect/vitest"
import { AccessLevel, accessLevels, Association, associationMeets, levelMeets } from "@nominal-code/domain/Access"

it("an account meets a requirement by its relation to the repository, and an unknown relation meets none", () => {
  const meeting = (required: "anyone" | "contributor" | "member") =>
    Association.literals.filter((association) => associationMeets(required, association))
  assert.deepStrictEqual(meeting("anyone"), [...Association.literals])
  assert.deepStrictEqual(meeting("contributor"), ["OWNER", "MEMBER", "COLLABORATOR", "CONTRIBUTOR"])
  assert.deepStrictEqual(meeting("member"), ["OWNER", "MEMBER", "COLLABORATOR"])
  assert.isTrue(associationMeets("anyone", undefined))
  for (const required of ["contributor", "member"] as const) assert.isFalse(associationMeets(required, undefined))
})

it("a role meets a requirement on GitLab, and no membership meets none", () => {
  const meeting = (required: "anyone" | "contributor" | "member") =>
    AccessLevel.literals.filter((level) => levelMeets(required, accessLevels[level]))
  assert.deepStrictEqual(meeting("contributor"), [...AccessLevel.literals])
  assert.deepStrictEqual(meeting("member"), ["developer", "maintainer", "owner"])
  assert.isTrue(levelMeets("anyone", 0))
  for (const required of ["contributor", "member"] as const) assert.isFalse(levelMeets(required, 0))
})
