/** How long and how often is measured. */
export interface Effort {
  readonly rounds: number;
  /** Of each row in each round. */
  readonly seconds: number;
  /** Requests of each row in each round, in place of the seconds. */
  readonly requests?: number;
  /** Samples of each row that are thrown away before the first round. */
  readonly warmUps: number;
  /** Orders after which the memory is looked at a last time. */
  readonly orders: number;
  /** Followers of one order's change. */
  readonly followers: number;
}
