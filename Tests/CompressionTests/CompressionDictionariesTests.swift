import Compression
import Testing

@Suite struct CompressionDictionariesTests {
    private let current = CompressionDictionary.bodies

    @Test func `the embedded dictionary has the id that its content says, of two bytes and not reserved`() {
        // Its magic number, then its id (RFC 8878, section 5).
        #expect(current.content.prefix(4) == [0x37, 0xA4, 0x30, 0xEC])
        let id = current.content[4..<8].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        #expect(current.id == id)
        #expect((32_768..<65_536).contains(id))
    }

    @Test func `the id follows from the content, so that another dictionary has another id`() {
        // The CRC-32 that the training script takes of the bytes after the id.
        var crc = UInt32.max
        for byte in current.content[8...] {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
        }
        #expect(current.id == 32_768 + ~crc % 32_768)
    }

    @Test func `takes a stored dictionary under its own id only`() throws {
        let stored = try CompressionDictionary(id: current.id, content: current.content)
        #expect(stored.id == current.id)
        #expect(throws: CompressionError.notDictionary(id: 1)) {
            try CompressionDictionary(id: 1, content: current.content)
        }
    }

    @Test(arguments: [0, 1, 7, 8, 100])
    func `takes no content that is not a whole dictionary`(count: Int) {
        #expect(throws: CompressionError.notDictionary(id: current.id)) {
            try CompressionDictionary(id: current.id, content: Array(current.content.prefix(count)))
        }
        #expect(throws: CompressionError.notDictionary(id: current.id)) {
            try CompressionDictionary(id: current.id, content: .random(count, seed: 3))
        }
    }

    @Test func `adding leaves the set as it was`() throws {
        let none = try CompressionDictionaries([])
        let one = try none.adding(current)
        #expect(none[current.id] == nil)
        #expect(one[current.id]?.content == current.content)
        #expect(try one.adding(current)[current.id]?.content == current.content)
    }

    @Test func `refuses two contents with one id`() throws {
        let other = try CompressionDictionary(
            id: current.id,
            content: current.content.dropLast(8) + .random(8, seed: 4)
        )
        #expect(throws: CompressionError.conflictingDictionary(id: current.id)) {
            try CompressionDictionaries([current, other])
        }
        #expect(throws: CompressionError.conflictingDictionary(id: current.id)) {
            try CompressionDictionaries.register(other)
        }
    }

    @Test func `a registered dictionary is known from then on`() throws {
        let other = try CompressionDictionary(content: current.content, withID: 60_001)
        #expect(CompressionDictionaries.known[60_001] == nil)
        try CompressionDictionaries.register(other)
        try CompressionDictionaries.register(other)
        #expect(CompressionDictionaries.known[60_001]?.content == other.content)
        #expect(CompressionDictionaries.known[current.id]?.content == current.content)
    }
}

extension CompressionDictionary {
    /// The same dictionary with another id in its content.
    init(content: [UInt8], withID id: UInt32) throws {
        var content = content
        for byte in 0..<4 { content[4 + byte] = UInt8(truncatingIfNeeded: id >> (8 * byte)) }
        try self.init(id: id, content: content)
    }
}
