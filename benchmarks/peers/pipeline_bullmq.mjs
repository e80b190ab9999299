// BullMQ: `node pipeline_bullmq.mjs PORT JOBS CONCURRENCY` adds jobs that do nothing and works
// them off; prints how many a second.
import { Queue, Worker } from "bullmq";

const [port, jobs, concurrency] = process.argv.slice(2).map(Number);
const connection = { host: "127.0.0.1", port, maxRetriesPerRequest: null };
const queue = new Queue("noop", { connection });
await queue.obliterate({ force: true });
const began = performance.now();
let done = 0;
const worker = new Worker("noop", async () => {}, { connection, concurrency });
const finished = new Promise((resolve) => worker.on("completed", () => ++done === jobs && resolve()));
for (let first = 0; first < jobs; first += 25) {
  await queue.addBulk(Array.from({ length: 25 }, (_, n) => ({ name: "noop", data: { n: first + n } })));
}
await finished;
console.log(JSON.stringify({ jobsPerSecond: jobs / ((performance.now() - began) / 1000) }));
await worker.close();
await queue.close();
