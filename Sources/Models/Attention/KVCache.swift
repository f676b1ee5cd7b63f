import Tensors

/// Keys (after the rotary embedding) and values of one sequence, for all blocks, in pages of 64 positions. With latent
/// attention the compressed keys and values, and the rotated key that all heads share.
///
/// Pages are taken as positions are filled, and given back when no later position can see them, or with the cache.
public final class KVCache {
    /// Positions that fit. Rotary embeddings that depend on a sequence's length go by this.
    public let capacity: Int
    /// Positions that are filled: the position of the next token.
    public internal(set) var count = 0
    let pool: KVPagePool
    private let masks: [AttentionMask]
    private var table: KVPageTable
    /// For each block the first page that is held; all are held from there to `end`.
    private var starts: [Int]
    private var end = 0

    init(masks: [AttentionMask], pool: KVPagePool, capacity: Int) {
        precondition(capacity >= 0)
        self.capacity = capacity
        self.pool = pool
        self.masks = masks
        table = KVPageTable(blocks: masks.count)
        starts = [Int](repeating: 0, count: masks.count)
    }

    deinit { removeAll() }

    var blocks: Int { masks.count }

    /// Pages that are held, of all blocks.
    public var heldPages: Int { starts.reduce(0) { $0 + end - $1 } }

    /// Pages of `block` that are held.
    func heldPages(of block: Int) -> Range<Int> { starts[block]..<end }

    /// Pages that have to be taken before `added` more positions can be filled.
    public func pagesNeeded(for added: Int) -> Int {
        max(KVPageShape.pages(count + added) - end, 0) * masks.count
    }

    /// Takes the pages for `added` more positions, which must be available.
    func reserve(_ added: Int) {
        let needed = KVPageShape.pages(count + added)
        guard needed > end else { return }
        table.reserve(pages: needed)
        for page in end..<needed {
            for block in masks.indices { table[block, page] = pool.take() }
        }
        end = needed
    }

    /// Notes that `added` more positions are filled, and gives back what no later position sees.
    func advance(_ added: Int) {
        count += added
        for (block, mask) in masks.enumerated() where mask != .causal {
            let first = min(mask.start(for: count) / KVPageShape.positions, end)
            giveBack(block, starts[block]..<max(first, starts[block]))
        }
    }

    /// Empties the cache and gives back all pages.
    public func removeAll() {
        for block in masks.indices {
            giveBack(block, starts[block]..<end)
            starts[block] = 0
        }
        end = 0
        count = 0
    }

    /// The pages of `block` in order; those that are not held are nil. Valid until pages are reserved.
    func pages(_ block: Int) -> UnsafePointer<UnsafeRawPointer?> { table.row(block) }

    /// The page of `block` that holds `position`, which is reserved.
    func page(_ block: Int, of position: Int) -> UnsafeMutableRawPointer {
        guard let page = table[block, position / KVPageShape.positions] else {
            preconditionFailure("position \(position) is not held")
        }
        return page
    }

    private func giveBack(_ block: Int, _ pages: Range<Int>) {
        for index in pages {
            guard let page = table[block, index] else { continue }
            pool.giveBack(page)
            table[block, index] = nil
        }
        starts[block] = pages.upperBound
    }
}

/// Where each block's pages are. Rows are moved when they become too short, so a table costs little at first.
private final class KVPageTable {
    private let blocks: Int
    private var length = 0
    private var entries: UnsafeMutablePointer<UnsafeRawPointer?>

    init(blocks: Int) {
        self.blocks = blocks
        entries = .allocate(capacity: 1)
    }

    deinit { entries.deallocate() }

    func row(_ block: Int) -> UnsafePointer<UnsafeRawPointer?> { UnsafePointer(entries + block * length) }

    subscript(block: Int, page: Int) -> UnsafeMutableRawPointer? {
        get {
            precondition(page < length)
            // Entries were made from mutable pointers.
            return UnsafeMutableRawPointer(mutating: entries[block * length + page])
        }
        set { entries[block * length + page] = newValue.map { UnsafeRawPointer($0) } }
    }

    /// Makes rows reach `pages` entries.
    func reserve(pages: Int) {
        guard pages > length else { return }
        let longer = max(pages, 2 * length)
        let moved = UnsafeMutablePointer<UnsafeRawPointer?>.allocate(capacity: blocks * longer)
        moved.initialize(repeating: nil, count: blocks * longer)
        for block in 0..<blocks { (moved + block * longer).update(from: entries + block * length, count: length) }
        entries.deallocate()
        entries = moved
        length = longer
    }
}
