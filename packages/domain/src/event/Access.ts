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

/** Relation of an account to a repository, as its forge tells of it. */
export const Relation = Schema.TaggedUnion({
  /** GitHub's name for it. Absent: GitHub names none. */
  Associated: { association: Schema.optionalKey(Association) },
  /** Number of the role in GitLab's API; 0: no member. */
  Member: { level: Schema.Int }
})
export type Relation = typeof Relation.Type

/** True if an account with this relation meets a requirement. An unknown relation meets none. */
export const meets = (required: Exclude<Requirement, "anyone">): (relation: Relation) => boolean =>
  Relation.match({
    Associated: ({ association }) =>
      association !== undefined && literals.indexOf(association) <= literals.indexOf(leastAssociation[required]),
    Member: ({ level }) => level >= accessLevels[leastLevel[required]]
  })

/** Relations by which people are heard. */
export interface HeardRelations {
  readonly allowedAssociations: ReadonlyArray<string>
  readonly allowedAccessLevel: AccessLevel | "none"
}

/** True if somebody with this relation may ask for a review. */
export const isHeard = ({ allowedAccessLevel, allowedAssociations }: HeardRelations): (relation: Relation) => boolean =>
  Relation.match({
    Associated: ({ association }) => association !== undefined && allowedAssociations.includes(association),
    Member: ({ level }) => allowedAccessLevel !== "none" && level >= accessLevels[allowedAccessLevel]
  })
