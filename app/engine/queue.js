/**
 * Which jobs the engine's worker has, and which still wait. It knows neither workers nor pictures.
 *
 * The worker has one job in front, or of a batch one at work and the next, which it opens meanwhile; it says itself
 * whose turn it is. Jobs in front go first.
 *
 * @typedef {object} Place of a job in the queue
 * @property {boolean} inBackground goes after all jobs that are not, as those of a batch
 * @property {number} size bytes of its file
 * @property {boolean} isSecondTry whether a worker has stopped at it
 */

/**
 * Bytes of a file that is opened before its turn. Photos of up to about 40 megapixels are smaller: decoded, two of
 * them take 240 MB, which a phone's tab has, and none keeps Python so long that a cancelled job cannot end in time.
 */
export const AHEAD_LIMIT = 16e6;

/** @template {Place} Job */
export class Queue {
  /** @type {Job[]} */
  #waiting = [];
  /** What the worker has. @type {Job[]} */
  #handedOver = [];
  /** Whose turn it is, as the worker says. @type {Job | null} */
  #turn = null;

  /** The job that the worker is at; null if it has none. @type {Job | null} */
  get atWork() {
    return this.#turn ?? this.#handedOver.at(0) ?? null;
  }

  /** @param {Job} job */
  add(job) {
    this.#waiting.push(job);
  }

  /** @returns {Job[]} jobs that the worker gets now */
  next() {
    /** @type {Job[]} */
    const jobs = [];
    for (let job = this.#following(); job; job = this.#following()) {
      this.#waiting.splice(this.#waiting.indexOf(job), 1);
      this.#handedOver.push(job);
      jobs.push(job);
    }
    return jobs;
  }

  /** @param {(job: Job) => boolean} isIt */
  find(isIt) {
    return this.#handedOver.find(isIt) ?? null;
  }

  /** @param {Job | null} job that the worker is at from now on */
  giveTurn(job) {
    this.#turn = job;
  }

  /** @param {Job} job that has ended, or is not wanted any more */
  remove(job) {
    this.#waiting = this.#waiting.filter((other) => other !== job);
    this.#handedOver = this.#handedOver.filter((other) => other !== job);
    if (this.#turn === job) this.#turn = null;
  }

  /** Whatever the worker had, waits again, before all others. @returns {Job[]} what it had */
  recall() {
    const jobs = this.#handedOver.splice(0);
    this.#waiting.unshift(...jobs);
    this.#turn = null;
    return jobs;
  }

  /** @returns {Job[]} all jobs, which are no longer in the queue */
  clear() {
    this.recall();
    return this.#waiting.splice(0);
  }

  /** @returns {Job | null} the job that the worker may have besides those that it has */
  #following() {
    const job = this.#waiting.find(({ inBackground }) => !inBackground) ?? this.#waiting.at(0);
    const [first, ...more] = this.#handedOver;
    if (!job || !first) return job ?? null;
    // A job that is tried again is alone, so that it is not blamed for another one.
    if (job.isSecondTry || this.#handedOver.some(({ isSecondTry }) => isSecondTry)) return null;
    if (!job.inBackground) return this.#handedOver.every(({ inBackground }) => inBackground) ? job : null;
    return first.inBackground && !more.length && job.size <= AHEAD_LIMIT ? job : null;
  }
}
