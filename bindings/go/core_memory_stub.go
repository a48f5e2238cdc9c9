//go:build !cgo

// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

// Without cgo no memory block can be made, so of all these only what makes one, or says how large it would be, is ever
// called.

type (
	arenaHandle           struct{}
	scratchHandle         struct{}
	scratchScope          struct{}
	bufferPoolHandle      struct{}
	objectPoolHandle      struct{}
	slabHandle            struct{}
	poolHandle            struct{}
	sharedPoolHandle      struct{}
	sharedPoolCacheHandle struct{}
	indexMapHandle        struct{}
)

func coreCanAllocate(uint64) bool                                  { return false }
func coreArenaCreate(*ArenaOptions) (*arenaHandle, *lender, error) { return nil, nil, missing() }
func coreArenaClose(*arenaHandle)                                  {}
func coreArenaAlloc(*arenaHandle, uint64, uint64) (span, Status)   { return span{}, ErrUnsupported }
func coreArenaRealloc(*arenaHandle, []byte, uint64, uint64) (span, Status) {
	return span{}, ErrUnsupported
}
func coreArenaEnsure(*arenaHandle, uint64, uint64) Status                { return ErrUnsupported }
func coreArenaMark(*arenaHandle) (uint64, Status)                        { return 0, ErrUnsupported }
func coreArenaRewind(*arenaHandle, uint64) Status                        { return ErrUnsupported }
func coreArenaReset(*arenaHandle) Status                                 { return ErrUnsupported }
func coreArenaResetAndRelease(*arenaHandle, uint64) Status               { return ErrUnsupported }
func coreArenaSpan(*arenaHandle) (span, uint64)                          { return span{}, 0 }
func coreArenaStats(*arenaHandle) (ArenaStats, Status)                   { return ArenaStats{}, ErrUnsupported }
func coreScratchCreate(*ScratchOptions) (*scratchHandle, *lender, error) { return nil, nil, missing() }
func coreScratchClose(*scratchHandle)                                    {}
func coreScratchBegin(*scratchHandle) (scratchScope, Status)             { return scratchScope{}, ErrUnsupported }
func coreScratchEnd(*scratchHandle, scratchScope) Status                 { return ErrUnsupported }
func coreScratchAlloc(*scratchHandle, uint64, uint64) (span, Status)     { return span{}, ErrUnsupported }
func coreScratchEnsure(*scratchHandle, uint64, uint64) Status            { return ErrUnsupported }
func coreScratchReset(*scratchHandle) Status                             { return ErrUnsupported }
func coreScratchStats(*scratchHandle) (ScratchStats, Status)             { return ScratchStats{}, ErrUnsupported }
func coreBufferPoolCreate(*BufferPoolOptions, uint64) (*bufferPoolHandle, *lender, error) {
	return nil, nil, missing()
}
func coreBufferPoolClose(*bufferPoolHandle) Status              { return ErrUnsupported }
func coreBufferPoolAcquire(*bufferPoolHandle) (uint64, Status)  { return 0, ErrUnsupported }
func coreBufferPoolAt(*bufferPoolHandle, uint64) (span, Status) { return span{}, ErrUnsupported }
func coreBufferPoolRelease(*bufferPoolHandle, uint64) Status    { return ErrUnsupported }
func coreBufferPoolStats(*bufferPoolHandle) (BufferPoolStats, Status) {
	return BufferPoolStats{}, ErrUnsupported
}
func coreObjectPoolCreate(*ObjectPoolOptions) (*objectPoolHandle, error) { return nil, missing() }
func coreObjectPoolClose(*objectPoolHandle)                              {}
func coreObjectPoolAcquire(*objectPoolHandle) (uint64, Status)           { return 0, ErrUnsupported }
func coreObjectPoolAcquireMany(*objectPoolHandle, []uint64) Status       { return ErrUnsupported }
func coreObjectPoolRelease(*objectPoolHandle, uint64) Status             { return ErrUnsupported }
func coreObjectPoolReleaseMany(*objectPoolHandle, []uint64) Status       { return ErrUnsupported }
func coreObjectPoolForget(*objectPoolHandle, uint64) Status              { return ErrUnsupported }
func coreObjectPoolNext(*objectPoolHandle, uint32) (uint64, Status)      { return 0, ErrUnsupported }
func coreObjectPoolStats(*objectPoolHandle) (ObjectPoolStats, Status) {
	return ObjectPoolStats{}, ErrUnsupported
}
func coreSlabCreate(*SlabOptions) (*slabHandle, *lender, error) { return nil, nil, missing() }
func coreSlabClose(*slabHandle)                                 {}
func coreSlabAlloc(*slabHandle, uint64) (span, uint64, Status)  { return span{}, 0, ErrUnsupported }
func coreSlabFree(*slabHandle, []byte) Status                   { return ErrUnsupported }
func coreSlabReset(*slabHandle) Status                          { return ErrUnsupported }
func coreSlabValidate(*slabHandle) error                        { return missing() }
func coreSlabStats(*slabHandle) (SlabStats, Status)             { return SlabStats{}, ErrUnsupported }
func corePoolBytes(*PoolOptions) (uint64, error)                { return 0, missing() }
func corePoolCreate(*PoolOptions) (*poolHandle, *lender, error) { return nil, nil, missing() }
func corePoolCreateIn(*regionHandle, string, *PoolOptions) (*poolHandle, error) {
	return nil, missing()
}
func corePoolOpen(*regionHandle, string) (*poolHandle, error)  { return nil, missing() }
func corePoolClose(*poolHandle)                                {}
func corePoolAcquire(*poolHandle) (uint32, Status)             { return 0, ErrUnsupported }
func corePoolRelease(*poolHandle, uint32) Status               { return ErrUnsupported }
func corePoolAcquireMany(*poolHandle, []uint32) Status         { return ErrUnsupported }
func corePoolReleaseMany(*poolHandle, []uint32) Status         { return ErrUnsupported }
func corePoolReleaseAt(*poolHandle, uint64) Status             { return ErrUnsupported }
func corePoolStride(*poolHandle) uint64                        { return 0 }
func corePoolAt(*poolHandle, uint32) (span, Status)            { return span{}, ErrUnsupported }
func poolTake(*poolHandle) (uint32, bool)                      { return 0, false }
func poolGive(*poolHandle, uint32) bool                        { return false }
func corePoolObject(*poolHandle, uint32) span                  { return span{} }
func corePoolWrite(*poolHandle, uint32, uint64, []byte) Status { return ErrUnsupported }
func corePoolFill(*poolHandle, uint32, byte) Status            { return ErrUnsupported }
func corePoolNextUsed(*poolHandle, uint32) (uint32, Status)    { return 0, ErrUnsupported }
func corePoolReset(*poolHandle) Status                         { return ErrUnsupported }
func corePoolValidate(*poolHandle) error                       { return missing() }
func corePoolStats(*poolHandle) (PoolStats, Status)            { return PoolStats{}, ErrUnsupported }
func coreSharedPoolBytes(*SharedPoolOptions) (uint64, error)   { return 0, missing() }
func coreSharedPoolCreate(*SharedPoolOptions) (*sharedPoolHandle, *lender, error) {
	return nil, nil, missing()
}
func coreSharedPoolCreateIn(*regionHandle, string, *SharedPoolOptions) (*sharedPoolHandle, error) {
	return nil, missing()
}
func coreSharedPoolOpen(*regionHandle, string) (*sharedPoolHandle, error)  { return nil, missing() }
func coreSharedPoolClose(*sharedPoolHandle)                                {}
func coreSharedPoolAcquire(*sharedPoolHandle) (uint32, Status)             { return 0, ErrUnsupported }
func coreSharedPoolRelease(*sharedPoolHandle, uint32) Status               { return ErrUnsupported }
func coreSharedPoolReleaseAt(*sharedPoolHandle, uint64) Status             { return ErrUnsupported }
func coreSharedPoolAt(*sharedPoolHandle, uint32) (span, Status)            { return span{}, ErrUnsupported }
func coreSharedPoolObject(*sharedPoolHandle, uint32) span                  { return span{} }
func coreSharedPoolWrite(*sharedPoolHandle, uint32, uint64, []byte) Status { return ErrUnsupported }
func coreSharedPoolFill(*sharedPoolHandle, uint32, byte) Status            { return ErrUnsupported }
func coreSharedPoolReclaim(*sharedPoolHandle) (uint64, error)              { return 0, missing() }
func coreSharedPoolRepair(*sharedPoolHandle) error                         { return missing() }
func coreSharedPoolReset(*sharedPoolHandle) Status                         { return ErrUnsupported }
func coreSharedPoolValidate(*sharedPoolHandle) error                       { return missing() }
func coreSharedPoolStats(*sharedPoolHandle) (SharedPoolStats, Status) {
	return SharedPoolStats{}, ErrUnsupported
}
func coreCacheOpen(*sharedPoolHandle) (*sharedPoolCacheHandle, error) { return nil, missing() }
func coreCacheClose(*sharedPoolCacheHandle)                           {}
func coreCacheAcquire(*sharedPoolCacheHandle) (uint32, Status)        { return 0, ErrUnsupported }
func coreCacheRelease(*sharedPoolCacheHandle, uint32) Status          { return ErrUnsupported }
func coreCacheAcquireMany(*sharedPoolCacheHandle, []uint32) Status    { return ErrUnsupported }
func coreCacheReleaseMany(*sharedPoolCacheHandle, []uint32) Status    { return ErrUnsupported }
func coreCacheFlush(*sharedPoolCacheHandle) Status                    { return ErrUnsupported }
func coreCacheAdopt(*sharedPoolCacheHandle, uint32) Status            { return ErrUnsupported }
func coreIndexMapBytes(*IndexMapOptions) (uint64, error)              { return 0, missing() }
func coreIndexMapCreate(*IndexMapOptions) (*indexMapHandle, error)    { return nil, missing() }
func coreIndexMapCreateIn(*regionHandle, string, *IndexMapOptions) (*indexMapHandle, error) {
	return nil, missing()
}
func coreIndexMapOpen(*regionHandle, string) (*indexMapHandle, error)  { return nil, missing() }
func coreIndexMapClose(*indexMapHandle)                                {}
func coreIndexMapAcquire(*indexMapHandle) (uint32, Status)             { return 0, ErrUnsupported }
func coreIndexMapAcquireAt(*indexMapHandle, uint32) Status             { return ErrUnsupported }
func coreIndexMapAcquireMany(*indexMapHandle, []uint32) Status         { return ErrUnsupported }
func coreIndexMapRelease(*indexMapHandle, uint32) Status               { return ErrUnsupported }
func coreIndexMapContains(*indexMapHandle, uint32) (bool, Status)      { return false, ErrUnsupported }
func coreIndexMapNextUsed(*indexMapHandle, uint32) (uint32, Status)    { return 0, ErrUnsupported }
func coreIndexMapNextFree(*indexMapHandle, uint32) (uint32, Status)    { return 0, ErrUnsupported }
func coreIndexMapList(*indexMapHandle, uint32, []uint32) (int, Status) { return 0, ErrUnsupported }
func coreIndexMapReset(*indexMapHandle) Status                         { return ErrUnsupported }
func coreIndexMapRepair(*indexMapHandle) Status                        { return ErrUnsupported }
func coreIndexMapValidate(*indexMapHandle) error                       { return missing() }
func coreIndexMapStats(*indexMapHandle) (IndexMapStats, Status) {
	return IndexMapStats{}, ErrUnsupported
}
func freeHandle[H any](*H) {}

func (l *lender) giveBack(shut func()) { shut() }
