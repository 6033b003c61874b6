/** The functions, one line each. */
export { default as checkCapability } from './check-capability/index.ts';
export { default as drillRestore } from './drill-restore/index.ts';
export { default as fixHandle } from './fix-handle/index.ts';
export { default as preflightRestore } from './preflight-restore/index.ts';
export { default as rebuildSnapshot } from './rebuild-snapshot/index.ts';
export { default as recordConsistency } from './record-consistency/index.ts';
export { default as rediscoverTarget } from './rediscover-target/index.ts';
export { default as relinkVmbackup } from './relink-vmbackup/index.ts';
export { default as verifyBackup } from './verify-backup/index.ts';
