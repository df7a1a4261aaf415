/** What the directories of builds are named after (scripts/lib/node.mjs): Node's ABI, and the processor unless x64. */
'use strict';

const { arch, versions } = process;

module.exports = { target: arch === 'x64' ? versions.modules : `${versions.modules}-${arch}` };
