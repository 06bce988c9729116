import { assert, it } from "@effect/vitest"
import { AccessLevel, accessLevels, Association, isHeard, meets, Relation } from "@nominal-code/domain/event/Access"

const { Associated, Member } = Relation.cases
const associated = (association: Association) => Associated.make({ association })
const member = (level: AccessLevel) => Member.make({ level: accessLevels[level] })
const [stranger, nobody] = [Associated.make({}), Member.make({ level: 0 })]

it("an account meets a requirement by its relation to the repository, and an unknown relation meets none", () => {
  const meeting = (required: "contributor" | "member") =>
    Association.literals.filter((association) => meets(required)(associated(association)))
  assert.deepStrictEqual(meeting("contributor"), ["OWNER", "MEMBER", "COLLABORATOR", "CONTRIBUTOR"])
  assert.deepStrictEqual(meeting("member"), ["OWNER", "MEMBER", "COLLABORATOR"])
  for (const required of ["contributor", "member"] as const) assert.isFalse(meets(required)(stranger))
})

it("a role meets a requirement on GitLab, and no membership meets none", () => {
  const meeting = (required: "contributor" | "member") =>
    AccessLevel.literals.filter((level) => meets(required)(member(level)))
  assert.deepStrictEqual(meeting("contributor"), [...AccessLevel.literals])
  assert.deepStrictEqual(meeting("member"), ["developer", "maintainer", "owner"])
  for (const required of ["contributor", "member"] as const) assert.isFalse(meets(required)(nobody))
})

it("the roles have the numbers of GitLab's API", () => {
  assert.deepStrictEqual(accessLevels, { guest: 10, reporter: 20, developer: 30, maintainer: 40, owner: 50 })
})

it("somebody is heard for an association that is named, or for the role that is needed or a higher one", () => {
  const by = (allowedAssociations: ReadonlyArray<Association>, allowedAccessLevel: AccessLevel | "none") =>
    [...Association.literals.map(associated), ...AccessLevel.literals.map(member), stranger, nobody].filter(
      isHeard({ allowedAccessLevel, allowedAssociations })
    )
  assert.deepStrictEqual(by([], "none"), [])
  assert.deepStrictEqual(by(["MEMBER", "NONE"], "none"), [associated("MEMBER"), associated("NONE")])
  assert.deepStrictEqual(by([], "maintainer"), [member("maintainer"), member("owner")])
})
