/// <reference types="node" />
import assert from "node:assert/strict";
import { test } from "node:test";

import { AHEAD_LIMIT, Queue } from "../../../app/engine/queue.js";

/** @import { Place } from "../../../app/engine/queue.js" */

/** @typedef {Place & { name: string }} Job */

/**
 * @param {string} name
 * @param {Partial<Place>} [place]
 * @returns {Job}
 */
const job = (name, place) => ({ name, inBackground: false, size: 1000, isSecondTry: false, ...place });

/**
 * @param {string} name
 * @param {Partial<Place>} [place]
 */
const background = (name, place) => job(name, { inBackground: true, ...place });

/** @param {Job[]} jobs */
const queueOf = (...jobs) => {
  /** @type {Queue<Job>} */
  const queue = new Queue();
  for (const each of jobs) queue.add(each);
  return queue;
};

/** @param {Queue<Job>} queue */
const next = (queue) => queue.next().map(({ name }) => name);

test("jobs in front go one at a time, in their order", () => {
  const [one, two] = [job("one"), job("two")];
  const queue = queueOf(one, two);
  assert.deepEqual(next(queue), ["one"]);
  assert.deepEqual(next(queue), []);
  queue.remove(one);
  assert.deepEqual(next(queue), ["two"]);
});

test("of a batch the next job is opened meanwhile, and no third", () => {
  const jobs = ["one", "two", "three"].map((name) => background(name));
  const queue = queueOf(...jobs);
  assert.deepEqual(next(queue), ["one", "two"]);
  queue.remove(jobs[0]);
  assert.deepEqual(next(queue), ["three"]);
});

test("a large file is not opened before its turn", () => {
  const [one, large] = [background("one"), background("large", { size: AHEAD_LIMIT + 1 })];
  const queue = queueOf(one, large);
  assert.deepEqual(next(queue), ["one"]);
  queue.remove(one);
  assert.deepEqual(next(queue), ["large"]);
});

test("a job in front passes those of a batch that wait, and what is opened keeps its place", () => {
  const [one, two, three, front] = [background("1"), background("2"), background("3"), job("front")];
  const queue = queueOf(one, two, three);
  assert.deepEqual(next(queue), ["1", "2"]);
  queue.add(front);
  assert.deepEqual(next(queue), ["front"]);
  queue.remove(one);
  assert.deepEqual(next(queue), []);
  queue.remove(front);
  assert.deepEqual(next(queue), ["3"]);
});

test("no job of a batch is opened while one in front is at work", () => {
  const queue = queueOf(job("front"), background("one"));
  assert.deepEqual(next(queue), ["front"]);
});

test("the job at work is the one whose turn it is, and the first before the worker has said so", () => {
  const [one, two] = [background("one"), background("two")];
  const queue = queueOf(one, two);
  assert.equal(queue.atWork, null);
  queue.next();
  assert.equal(queue.atWork, one);
  queue.giveTurn(two);
  assert.equal(queue.atWork, two);
  queue.remove(two);
  assert.equal(queue.atWork, one);
});

test("a new worker gets what the last one had, first", () => {
  const jobs = ["one", "two", "three"].map((name) => background(name));
  const queue = queueOf(...jobs);
  queue.next();
  queue.recall();
  assert.equal(queue.atWork, null);
  assert.deepEqual(next(queue), ["one", "two"]);
});

test("a job that is tried again is alone", () => {
  const [one, two, front] = [background("one", { isSecondTry: true }), background("two"), job("front")];
  const queue = queueOf(one, two);
  assert.deepEqual(next(queue), ["one"]);
  queue.add(front);
  assert.deepEqual(next(queue), []);
  queue.remove(one);
  assert.deepEqual(next(queue), ["front"]);
});

test("a job that is tried again waits for those that the worker has", () => {
  const [one, again] = [background("one"), background("again", { isSecondTry: true })];
  const queue = queueOf(one, again);
  assert.deepEqual(next(queue), ["one"]);
  queue.remove(one);
  assert.deepEqual(next(queue), ["again"]);
});

test("what is not wanted any more is gone, and all of it at once", () => {
  const [one, two, three] = [background("one"), background("two"), background("three")];
  const queue = queueOf(one, two, three);
  queue.next();
  queue.remove(three);
  assert.deepEqual(queue.clear(), [one, two]);
  assert.deepEqual(next(queue), []);
});
