import Foundation
import Tensors

/// A regular file mapped read-only into memory; unmapped when the last `ByteRegion` over it is gone.
///
/// Every offset a reader hands out was checked against the size the file had when it was opened. Cutting the file
/// short while it is mapped makes reads past the new end raise SIGBUS: whoever can write the file can end the process.
package final class MappedFile {
    private let address: UnsafeMutableRawPointer
    private let count: Int

    private init(address: UnsafeMutableRawPointer, count: Int) {
        self.address = address
        self.count = count
    }

    deinit {
        munmap(address, count)
    }

    /// The bytes of the file at `path`, which must be a non-empty regular file.
    package static func open(_ path: String) throws(CheckpointError) -> ByteRegion {
        let file = try OpenFile(path)
        guard let address = file.withDescriptor({ map($0, file.count) }) else {
            throw CheckpointError(file: path, reason: "cannot map: \(String(cString: strerror(errno)))")
        }
        // The pointer holds as long as `owner` does, and every copy of the region keeps `owner`.
        let owner = MappedFile(address: address, count: file.count)
        let region = ByteRegion(base: UnsafeRawPointer(address), count: file.count, backing: .file, owner: owner)
        region.adviseHugePages()
        return region
    }

    /// A shared mapping: it is backed by the page cache, so processes that serve the same checkpoint share its memory. At
    /// the boundary of a huge page, so that it can be on such.
    private static func map(_ descriptor: Int32, _ count: Int) -> UnsafeMutableRawPointer? {
        let hugePage = 2 << 20
        let (reserved, overflow) = count.addingReportingOverflow(hugePage)
        guard !overflow, let place = mmap(nil, reserved, PROT_NONE, privateMemory, -1, 0), place != MAP_FAILED else {
            return nil
        }
        // Within the reserved addresses, which nothing else uses; what is left of them on both sides is given back.
        let start = place.alignedUp(toMultipleOf: hugePage)
        let address = mmap(start, count, PROT_READ, MAP_SHARED | MAP_FIXED, descriptor, 0)
        guard let address, address != MAP_FAILED else {
            let reason = errno
            munmap(place, reserved)
            errno = reason
            return nil
        }
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let end = (address + count).alignedUp(toMultipleOf: page)
        if start > place { munmap(place, start - place) }
        if place + reserved > end { munmap(end, place + reserved - end) }
        return address
    }

    #if os(Linux)
        private static let privateMemory = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
    #else
        private static let privateMemory = MAP_PRIVATE | MAP_ANON
    #endif
}

/// Heap bytes that a `ByteRegion` keeps alive.
final class HeapBytes {
    private let bytes: UnsafeMutableRawBufferPointer

    private init(_ source: [UInt8]) {
        // At least one byte, so that the base address exists also for an empty array.
        bytes = .allocate(byteCount: max(source.count, 1), alignment: 16)
        bytes.copyBytes(from: source)
    }

    deinit {
        bytes.deallocate()
    }

    /// A region with a copy of `source`.
    static func region(_ source: [UInt8]) -> ByteRegion {
        let owner = HeapBytes(source)
        guard let base = owner.bytes.baseAddress else { preconditionFailure("allocated at least one byte") }
        return ByteRegion(base: UnsafeRawPointer(base), count: source.count, owner: owner)
    }
}
