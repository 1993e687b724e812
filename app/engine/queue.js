/**
 * Which jobs the engine's worker has, and which still wait. It is independent of workers and pictures.
 *
 * The worker has one job in front, or of a batch the running one and the next, which it opens meanwhile; it reports
 * which one runs. Jobs in front go first.
 *
 * @typedef {object} Place of a job in the queue
 * @property {boolean} inBackground as for a batch: comes after all other jobs
 * @property {number} size bytes of its file
 * @property {boolean} isSecondTry whether a worker has stopped at it
 */

/**
 * Only files of fewer bytes are opened before their turn. Photos of up to about 40 megapixels are smaller: decoded, two
 * of them take 240 MB, which a phone's tab has, and none keeps Python so busy that a cancelled job cannot end in time.
 */
export const AHEAD_LIMIT = 16e6;

/** @template {Place} Job */
export class Queue {
  /** @type {Job[]} */
  #waiting = [];
  /** The jobs that the worker has. @type {Job[]} */
  #handedOver = [];
  /** The job that runs, as the worker says. @type {Job | null} */
  #turn = null;

  /** The worker's current job; null if it has none. @type {Job | null} */
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

  /** @param {Job | null} job that the worker runs from now on */
  giveTurn(job) {
    this.#turn = job;
  }

  /** @param {Job} job that has ended or was cancelled */
  remove(job) {
    this.#waiting = this.#waiting.filter((other) => other !== job);
    this.#handedOver = this.#handedOver.filter((other) => other !== job);
    if (this.#turn === job) this.#turn = null;
  }

  /** Puts the worker's jobs back to wait, before all others. @returns {Job[]} these jobs */
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

  /** @returns {Job | null} the next job that the worker may get */
  #following() {
    const job = this.#waiting.find(({ inBackground }) => !inBackground) ?? this.#waiting.at(0);
    const [first, ...more] = this.#handedOver;
    if (!job || !first) return job ?? null;
    // A job that is tried again runs alone, so that another one's failure does not count as its own.
    if (job.isSecondTry || this.#handedOver.some(({ isSecondTry }) => isSecondTry)) return null;
    if (!job.inBackground) return this.#handedOver.every(({ inBackground }) => inBackground) ? job : null;
    return first.inBackground && !more.length && job.size <= AHEAD_LIMIT ? job : null;
  }
}
