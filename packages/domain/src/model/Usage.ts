import { Schema } from "effect"

/** Tokens of one or more model calls. The four counts do not overlap: `input` excludes what was cached. */
export class Usage extends Schema.Class<Usage>("@nominal-code/domain/Usage")({
  input: Schema.Natural,
  output: Schema.Natural,
  cacheRead: Schema.Natural,
  cacheWrite: Schema.Natural
}) {
  static readonly none = new Usage({ input: 0, output: 0, cacheRead: 0, cacheWrite: 0 })

  plus(that: Usage): Usage {
    return new Usage({
      input: this.input + that.input,
      output: this.output + that.output,
      cacheRead: this.cacheRead + that.cacheRead,
      cacheWrite: this.cacheWrite + that.cacheWrite
    })
  }

  /** All tokens of the call: what the model's context window held, and what it wrote. */
  get total(): number {
    return this.input + this.output + this.cacheRead + this.cacheWrite
  }
}

/** Usage of a review. `costUsd` is absent when the model has no known price. */
export class UsageSummary extends Schema.Class<UsageSummary>("@nominal-code/domain/UsageSummary")({
  provider: Schema.String,
  model: Schema.String,
  usage: Usage,
  costUsd: Schema.optionalKey(Schema.Finite),
  calls: Schema.Natural,
  /** Time that its calls waited for their turn, in milliseconds; absent: none. */
  waitedMillis: Schema.optionalKey(Schema.Natural)
}) {
  /** Sum with the usage of another agent, under this one's names. Without a price of both, it has no cost. */
  plus(that: UsageSummary): UsageSummary {
    const costs = [this, that].filter(({ calls }) => calls > 0).map(({ costUsd }) => costUsd)
    const waited = (this.waitedMillis ?? 0) + (that.waitedMillis ?? 0)
    const known = costs.filter((cost) => cost !== undefined)
    return new UsageSummary({
      provider: this.provider,
      model: this.model,
      usage: this.usage.plus(that.usage),
      calls: this.calls + that.calls,
      ...(waited === 0 ? {} : { waitedMillis: waited }),
      ...(known.length === 0 || known.length < costs.length
        ? {}
        : { costUsd: known.reduce((sum, cost) => sum + cost, 0) })
    })
  }
}
