import { backoff } from "@nominal-code/domain/job/Backoff"
import type { SpendLimit } from "@nominal-code/domain/model/SpendLimits"
import { type Usage, UsageSummary } from "@nominal-code/domain/model/Usage"
import { type CallEstimate, estimate, type NextCall, tokensFor } from "@nominal-code/llm/CallEstimate"
import type { LlmError } from "@nominal-code/llm/LlmError"
import type { LlmResponse } from "@nominal-code/llm/LlmProvider"
import { pricesWith } from "@nominal-code/llm/Pricing"
import { MayRepeatBilled } from "@nominal-code/llm/Retry"
import {
  type AmountRange,
  type CallCosts,
  dollarsOf,
  nanoOf,
  newTask,
  noCosts,
  type SpendGrant,
  type SpendReservation
} from "@nominal-code/persistence/Spend"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Clock, Duration, Effect, Exit, Option, Result, Schedule, type Scope } from "effect"
import type { SpendScope } from "./SpendScope.ts"

/** Output tokens of one call. `last`: no other call is affordable after it, because of this limit. */
export interface CallGrant {
  readonly maxOutputTokens: number
  readonly last: Option.Option<SpendLimit>
}

/** Spending of one agent's task, within its scope. */
export interface TaskSpend {
  /**
   * Makes a call with the money that was reserved for it, and settles it in any case; `closing`: no call follows. Fails
   * with the limit that does not allow it, in a success.
   */
  call<A extends { readonly response: LlmResponse }, R>(
    next: NextCall,
    closing: boolean,
    send: (grant: CallGrant) => Effect.Effect<A, LlmError, R>
  ): Effect.Effect<Result.Result<A, SpendLimit>, LlmError | StoreError, R>
  /** Cost of one answer in US dollars; none if the model has no known price. */
  costOf(usage: Usage): Option.Option<number>
  /** Usage and cost of the task so far. The cost is absent if the model has no known price. */
  summary(provider: string, model: string): UsageSummary
}

/** Repeats a write while its store is away for a moment. */
const patience = backoff("50 millis", "1 second").pipe(Schedule.upTo({ duration: "5 seconds" }))

const patiently = <A, R>(write: Effect.Effect<A, StoreError, R>) =>
  Effect.retry(write, { schedule: patience, while: ({ retryable }) => retryable })

/** Ranges of amounts for a call: one after which another one stays affordable, if one is wanted, and one for the last. */
const rangesOf = (
  { closing, leastOutput, mostOutput, outputToken, prompt }: CallEstimate,
  isLast: boolean
): ReadonlyArray<AmountRange> => {
  const least = prompt + Math.ceil(leastOutput * outputToken)
  const most = prompt + Math.ceil(mostOutput * outputToken)
  return [...(isLast ? [] : [{ least: least + closing, most: most + closing }]), { least, most }]
}

const refusedBy = (limit: SpendLimit) => Result.fail(limit)
const paid = <A>(sent: A): Result.Result<A, SpendLimit> => Result.succeed(sent)

const free: CallEstimate = { prompt: 0, outputToken: 0, leastOutput: 0, mostOutput: 0, closing: 0 }

interface Reservation {
  readonly call: number
  readonly day: number
  /** The part of it that is for this call. */
  readonly amount: number
  /** The part of it that the call after this one may need. */
  readonly closing: number
}

/** Opens the spending of a task with one model. What it still holds is given back when the scope closes. */
export const open = Effect.fnUntraced(function*(
  scope: SpendScope,
  { model, provider }: { readonly model: string; readonly provider: string }
): Effect.fn.Return<TaskSpend, never, Scope.Scope> {
  const prices = pricesWith(scope.prices)
  const price = prices.priceOf(model)
  const { ledger } = scope
  const subject = { ...scope.subject, provider, model }
  // No limit bounds what has no price: it is counted only.
  const accounts = Option.isSome(price)
    ? scope.accounts
    : scope.accounts.map(({ kind, name, period }) => ({ kind, name, period }))
  const task = newTask(accounts)
  let calls = 0
  let held: SpendReservation | undefined
  let current: Reservation | undefined
  let total: CallCosts = noCosts
  let waited = 0
  let endedAt: number | undefined

  const reserve = Effect.fnUntraced(function*(ranges: ReadonlyArray<AmountRange>) {
    const call = ++calls
    return yield* patiently(ledger.reserve({ task, subject, call, ranges, held }))
  })

  const settle = Effect.fnUntraced(function*(costs: CallCosts, keep: number) {
    if (current === undefined) return
    const { call, day } = current
    endedAt = yield* Clock.currentTimeMillis
    current = undefined
    held = undefined
    total = {
      spent: total.spent + costs.spent,
      lost: total.lost + costs.lost,
      calls: total.calls + costs.calls,
      unpriced: total.unpriced + costs.unpriced,
      usage: total.usage.plus(costs.usage)
    }
    yield* patiently(ledger.settle({ task, subject, call, day, costs, keep })).pipe(
      Effect.andThen(Effect.sync(() => {
        held = keep === 0 ? undefined : { day, subject }
      })),
      Effect.catch(({ message }) =>
        Effect.logWarning(`the cost of a call could not be stored, and counts as what was reserved: ${message}`)
      )
    )
  })

  /** Costs of an answered call, or of one whose answer was lost. */
  const billed = ({ usage }: LlmResponse): CallCosts => ({
    ...noCosts,
    spent: Option.match(prices.costOf(model, usage), { onNone: () => 0, onSome: nanoOf }),
    calls: 1,
    unpriced: Option.isSome(price) ? 0 : 1,
    usage
  })
  const lost = (): CallCosts => {
    const amount = current?.amount ?? 0
    return { ...noCosts, spent: amount, lost: amount, calls: 1, unpriced: Option.isSome(price) ? 0 : 1 }
  }

  const grantOf = (
    grant: SpendGrant,
    estimated: CallEstimate,
    isLast: boolean,
    closing: boolean
  ): Result.Result<CallGrant, SpendLimit> => {
    if (grant._tag === "Refused") return Result.fail(grant.tightest.kind)
    current = {
      call: calls,
      day: grant.day,
      amount: grant.amount - (isLast ? 0 : estimated.closing),
      closing: isLast ? 0 : estimated.closing
    }
    return Result.succeed({
      maxOutputTokens: tokensFor(estimated, current.amount),
      last: isLast && !closing ? Option.map(Option.fromUndefinedOr(grant.tightest), ({ kind }) => kind) : Option.none()
    })
  }

  const acquire = Effect.fnUntraced(function*(next: NextCall, closing: boolean) {
    const now = yield* Clock.currentTimeMillis
    const pause = Duration.millis(endedAt === undefined ? 0 : now - endedAt)
    const estimated = Option.match(price, {
      onNone: () => ({ ...free, mostOutput: next.maxOutputTokens }),
      onSome: (price) => estimate(price, { ...next, pause })
    })
    const ranges = rangesOf(estimated, closing)
    const grant = yield* reserve(ranges)
    return grantOf(grant, estimated, grant._tag === "Granted" && grant.range === ranges.length - 1, closing)
  })

  /** Settles an attempt whose answer was lost, and reserves the same again for the next one. */
  const mayRepeat = Effect.gen(function*() {
    const before = current
    if (before === undefined) return false
    yield* settle(lost(), 0)
    const amount = before.amount + before.closing
    const again = yield* reserve([{ least: amount, most: amount }])
    if (again._tag === "Refused") return false
    current = { ...before, call: calls, day: again.day }
    return true
  }).pipe(Effect.orElseSucceed(() => false), Effect.uninterruptible)

  const ended = (exit: Exit.Exit<Result.Result<{ readonly response: LlmResponse }, SpendLimit>, LlmError>) => {
    if (Exit.isSuccess(exit)) {
      if (Result.isSuccess(exit.value)) waited += exit.value.success.response.waitedMillis ?? 0
      return Result.isSuccess(exit.value)
        ? settle(billed(exit.value.success.response), current?.closing ?? 0)
        : Effect.void
    }
    const isUnbilled = Option.exists(Exit.findErrorOption(exit), ({ mayBeBilled }) => !mayBeBilled)
    return settle(isUnbilled ? noCosts : lost(), 0)
  }

  yield* Effect.addFinalizer(() =>
    held === undefined ? Effect.void : patiently(ledger.release(task, held)).pipe(
      Effect.catch(({ message }) => Effect.logWarning(`a reservation could not be given back: ${message}`))
    )
  )

  return {
    call: (next, closing, send) =>
      Effect.acquireUseRelease(
        acquire(next, closing),
        Result.match({
          onFailure: (limit) => Effect.succeed(refusedBy(limit)),
          onSuccess: (grant) =>
            Effect.map(send(grant).pipe(Effect.provideService(MayRepeatBilled, mayRepeat)), (sent) => paid(sent))
        }),
        (_, exit) => ended(exit)
      ),
    costOf: (usage) => prices.costOf(model, usage),
    summary: (provider, model) =>
      new UsageSummary({
        provider,
        model,
        usage: total.usage,
        calls: total.calls,
        ...(waited === 0 ? {} : { waitedMillis: waited }),
        ...(total.unpriced === 0 && total.calls > 0 ? { costUsd: dollarsOf(total.spent) } : {})
      })
  }
})
