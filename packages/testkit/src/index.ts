/** `@sandcrew/testkit`: what the tests of several packages need. Never shipped. */
export { FakeClock } from './fake-clock.js';
export { FakeWorker, type FakeWorkerOptions, type Sent } from './fake-worker.js';
export { FaultProxy } from './fault-proxy.js';
export { type Axis, type PlottedLine, plotLines } from './line-plot.js';
export { ServedLog } from './served-log.js';
export { until } from './until.js';
