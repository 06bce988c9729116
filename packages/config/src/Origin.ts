import { Schema } from "effect"

/** Origin of a setting's value. A `SecretFile` is one that the variable of a secret names, `GITHUB_TOKEN_FILE`. */
export const Origin = Schema.TaggedUnion({
  CommandLine: {},
  Variable: { name: Schema.String },
  SecretFile: { variable: Schema.String, path: Schema.String },
  File: { path: Schema.String },
  Default: {}
})
export type Origin = typeof Origin.Type

/** Name of an origin in messages. */
export const placeOf = Origin.match({
  CommandLine: () => "the command line",
  Variable: () => "the environment",
  SecretFile: ({ path, variable }) => `the file "${path}", which ${variable} names,`,
  File: ({ path }) => path,
  Default: () => "the default"
})
