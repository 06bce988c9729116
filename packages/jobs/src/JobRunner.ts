import type { ServiceName } from "@nominal-code/domain/job/Failure"
import type { Job, JobOutcome } from "@nominal-code/domain/job/Job"
import type { Lane } from "@nominal-code/domain/job/Lane"
import type { Notice, NoticeOutcome } from "@nominal-code/domain/job/Notice"
import { Context, type Effect } from "effect"

/** Runner of jobs, in this process or elsewhere. Every failure is an outcome. */
export class JobRunner extends Context.Service<JobRunner, {
  /**
   * One run, within the job's deadline. Interrupted, it leaves nothing running in this process; what runs elsewhere
   * runs on, and is found by who takes the same run over. `run` is counted over the job's whole life: it names
   * the run wherever that leaves traces, and a run that takes over a lost one has the same.
   */
  run(job: Job, run: number): Effect.Effect<JobOutcome>
  /**
   * Ends whatever still runs of a job, whichever run it is of, here or elsewhere; it is gone when this returns. `run` is
   * over by then, or its process dead. What cannot be ended is logged.
   */
  cancel(job: Job): Effect.Effect<void>
  /** Posts the notice on the job's pull request, unless it or the job's review is there. */
  postNotice(job: Job, notice: Notice): Effect.Effect<NoticeOutcome>
  /** The services that a run of the job cannot do without; of a lane's job that is not known yet, those of a review. */
  needs(lane: Lane, job?: Job): ReadonlyArray<ServiceName>
  /** True if runs are outside this process, so that its death says nothing about a job. */
  readonly outOfProcess: boolean
}>()("@nominal-code/jobs/JobRunner") {}
