import { Schema } from "effect"

/** A configuration that cannot be used, with everything that is wrong with it. No line of it holds a secret. */
export class ConfigError extends Schema.TaggedError<ConfigError>()("ConfigError", {
  problems: Schema.Array(Schema.String)
}) {
  override get message() {
    const [first = "", ...others] = this.problems
    return others.length === 0
      ? `Configuration error: ${first}`
      : [`Configuration error, ${this.problems.length} problems:`, ...this.problems.map((line) => `  - ${line}`)].join(
        "\n"
      )
  }
}
