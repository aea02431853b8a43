import Compression
import Testing

@Suite struct DecompressionTests {
    private let dictionaries = CompressionDictionaries.known
    private let body = Bodies.charge
    private let stored: [UInt8]

    init() throws { stored = try #require(Compressor.bodies.compress(Bodies.charge)) }

    @Test func `refuses every truncation`() {
        for count in 0..<stored.count {
            #expect(throws: CompressionError.damaged) {
                try dictionaries.decompress(Array(stored.prefix(count)), size: body.count)
            }
        }
    }

    @Test func `never gives another body for a changed bit`() {
        for bit in 0..<stored.count * 8 {
            var changed = stored
            changed[bit / 8] ^= 1 << (bit % 8)
            // A bit of the window's size may change without an effect.
            let result = try? dictionaries.decompress(changed, size: body.count)
            #expect(result == nil || result == body)
        }
    }

    @Test(arguments: 1...200) func `refuses random bytes`(seed: UInt64) {
        let count = Int(seed) * 7 % 500
        #expect(throws: CompressionError.damaged) {
            try dictionaries.decompress(.random(count, seed: seed), size: 1000)
        }
        #expect(throws: CompressionError.self) {
            try dictionaries.decompress(stored.prefix(9) + .random(count, seed: seed), size: 1000)
        }
    }

    @Test func `refuses a body that was stored as it is`() {
        #expect(throws: CompressionError.damaged) {
            try dictionaries.decompress(body, size: body.count)
        }
    }

    @Test func `refuses bytes after the frame, and a second frame`() throws {
        let empty: [UInt8] = [0x50, 0x2A, 0x4D, 0x18, 0, 0, 0, 0]
        for more in [[0], stored, empty] {
            for bytes in [stored + more, more + stored] {
                #expect(throws: CompressionError.damaged) {
                    try dictionaries.decompress(bytes, size: body.count)
                }
            }
        }
    }

    @Test(arguments: [-1, 1, -1000, 1000]) func `refuses another size`(difference: Int) {
        let size = body.count + difference
        #expect(throws: CompressionError.wrongSize(expected: size)) {
            try dictionaries.decompress(stored, size: size)
        }
    }

    @Test(arguments: [0, -1, .min, Compressor.largestBody + 1, .max])
    func `refuses a size that no compressed body has`(size: Int) {
        #expect(throws: CompressionError.sizeOutOfRange(size: size)) {
            try dictionaries.decompress(stored, size: size)
        }
    }

    @Test func `refuses gigabytes in a small frame`() {
        // The header of the stored frame without a checksum, and blocks of one repeated byte, 128 KiB each
        // (RFC 8878, section 3.1.1.2), which give 4 GiB.
        let blocks = 32_768
        var bomb = Array(stored.prefix(4)) + [0b0000_0010, 0x58] + stored[6...7]
        for number in 1...blocks {
            let header = 131_072 << 3 | 1 << 1 | (number == blocks ? 1 : 0)
            bomb += [UInt8(header & 0xFF), UInt8(header >> 8 & 0xFF), UInt8(header >> 16), 32]
        }
        #expect(throws: CompressionError.wrongSize(expected: body.count)) {
            try dictionaries.decompress(bomb, size: body.count)
        }
        #expect(throws: CompressionError.wrongSize(expected: Compressor.largestBody)) {
            try dictionaries.decompress(bomb, size: Compressor.largestBody)
        }
    }

    @Test func `names the unknown dictionary of a body`() throws {
        let current = CompressionDictionary.bodies
        let other = try CompressionDictionary(content: current.content, withID: current.id ^ 1)
        let theirs = try #require(Compressor(other).compress(body))
        #expect(throws: CompressionError.unknownDictionary(id: other.id)) {
            try dictionaries.decompress(theirs, size: body.count)
        }
        #expect(try dictionaries.adding(other).decompress(theirs, size: body.count) == body)
    }

    @Test func `refuses a frame without a dictionary`() throws {
        // One raw block of one byte.
        let frame: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0, 0x58, 0b0000_1001, 0, 0, 32]
        #expect(throws: CompressionError.unknownDictionary(id: 0)) {
            try dictionaries.decompress(frame, size: 1)
        }
    }

    @Test func `refuses a body of another dictionary with the same id`() throws {
        let current = CompressionDictionary.bodies
        let other = try CompressionDictionary(
            id: current.id,
            content: current.content.dropLast(1000) + .random(1000, seed: 2)
        )
        let theirs = try #require(Compressor(other).compress(body))
        let result = try? dictionaries.decompress(theirs, size: body.count)
        #expect(result == nil || result == body)
        #expect(try CompressionDictionaries([other]).decompress(theirs, size: body.count) == body)
    }
}
