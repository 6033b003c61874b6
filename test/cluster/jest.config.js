import base from '../../jest.config.js';

/** The tests against real programs (`npm run test:bed`): one at a time, for they share a machine and a bed. */
export default {
  ...base,
  rootDir: '../..',
  roots: ['<rootDir>/test/cluster'],
  testMatch: ['**/*.bed.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  globalSetup: '<rootDir>/test/cluster/build-first.ts',
  maxWorkers: 1,
  testTimeout: 180_000,
};
