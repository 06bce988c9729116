import { Schema } from "effect"

/** Relation of an account to a repository on GitHub, the closest first. */
export const Association = Schema.Literals([
  "OWNER",
  "MEMBER",
  "COLLABORATOR",
  "CONTRIBUTOR",
  "FIRST_TIME_CONTRIBUTOR",
  "FIRST_TIMER",
  "MANNEQUIN",
  "NONE"
])
export type Association = typeof Association.Type

/** Roles of a project on GitLab, the lowest first. */
export const AccessLevel = Schema.Literals(["guest", "reporter", "developer", "maintainer", "owner"])
export type AccessLevel = typeof AccessLevel.Type

/** Numbers of the roles in GitLab's API. */
export const accessLevels: Readonly<Record<AccessLevel, number>> = {
  guest: 10,
  reporter: 20,
  developer: 30,
  maintainer: 40,
  owner: 50
}

/** Relation to a repository that the author of a pull request needs for a review that nobody asks for. */
export const Requirement = Schema.Literals(["anyone", "contributor", "member"])
export type Requirement = typeof Requirement.Type

/** Least relation that meets a requirement. */
const leastAssociation = { contributor: "CONTRIBUTOR", member: "COLLABORATOR" } as const
const leastLevel = { contributor: "guest", member: "developer" } as const

const { literals } = Association

/** True if an account of GitHub meets a requirement. An unknown relation meets none. */
export const associationMeets = (required: Requirement, association: Association | undefined): boolean =>
  required === "anyone" ||
  association !== undefined && literals.indexOf(association) <= literals.indexOf(leastAssociation[required])

/** True if an account of GitLab meets a requirement. `level`: its number in GitLab's API; 0: no member. */
export const levelMeets = (required: Requirement, level: number): boolean =>
  required === "anyone" || level >= accessLevels[leastLevel[required]]
