import Foundation
import Tensors

/// Memory whose last byte is followed by a page that must not be touched, so that reading one byte too far ends the
/// process instead of going unnoticed.
final class GuardedBytes {
    private let base: UnsafeMutableRawPointer
    private let usable: Int
    private let mapped: Int

    init(capacity: Int) {
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        usable = (capacity + page - 1) / page * page
        mapped = usable + page
        guard let address = mmap(nil, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            address != MAP_FAILED, mprotect(address + usable, page, PROT_NONE) == 0
        else { preconditionFailure("no memory for a test") }
        base = address
    }

    deinit {
        munmap(base, mapped)
    }

    /// `bytes`, placed so that they end where the forbidden page begins. Replaces what earlier calls returned: their
    /// regions must not be used any more.
    func region(_ bytes: some Collection<UInt8>) -> ByteRegion {
        precondition(bytes.count <= usable)
        let start = base + (usable - bytes.count)
        UnsafeMutableRawBufferPointer(start: start, count: bytes.count).copyBytes(from: bytes)
        return ByteRegion(base: UnsafeRawPointer(start), count: bytes.count, owner: self)
    }
}

extension ByteRegion {
    /// A copy of the bytes.
    var array: [UInt8] { withExtendedLifetime(self) { Array(UnsafeRawBufferPointer(start: base, count: count)) } }
}
