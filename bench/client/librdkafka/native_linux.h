// The hot path around the binding, which opens, configures and closes the clients, ends transactions and tells of errors, but
// hands over and reports record by record, at a handful of allocations each. What is declared here is librdkafka's public
// API (rdkafka.h), whose ABI its major version keeps; the binding's copy of that header is out of other packages' reach.

#ifndef KEB_NATIVE_H
#define KEB_NATIVE_H

#include <stddef.h>
#include <stdint.h>

typedef struct rd_kafka_s rd_kafka_t;
typedef struct rd_kafka_topic_s rd_kafka_topic_t;
typedef struct rd_kafka_topic_conf_s rd_kafka_topic_conf_t;
typedef struct rd_kafka_queue_s rd_kafka_queue_t;

extern rd_kafka_topic_t *rd_kafka_topic_new(rd_kafka_t *rk, const char *topic, rd_kafka_topic_conf_t *conf);
extern void rd_kafka_topic_destroy(rd_kafka_topic_t *topic);
extern const char *rd_kafka_topic_name(const rd_kafka_topic_t *topic);
extern rd_kafka_queue_t *rd_kafka_queue_get_consumer(rd_kafka_t *rk);
extern void rd_kafka_queue_destroy(rd_kafka_queue_t *queue);

// keb_ack is the end of a record.
typedef struct {
	int64_t at; // CLOCK_MONOTONIC nanoseconds
	uint32_t tag;
	int32_t err; // rd_kafka_resp_err_t
} keb_ack;

// keb_acks is a ring of as many ends as there can be unacknowledged records.
typedef struct keb_acks keb_acks;

// keb_expect has the next client that this thread opens noted, and its records' ends if acks is not null: a producer's
// ring then must live as long as the client. keb_opened returns the client, null if none was opened, and expects no more.
void keb_expect(keb_acks *acks);
rd_kafka_t *keb_opened(void);

keb_acks *keb_acks_new(uint32_t capacity);
void keb_acks_add(keb_acks *a, uint32_t tag, int err);
int keb_acks_wait(keb_acks *a, keb_ack *out, int max); // blocks until there are some; 0 when closed and empty
void keb_acks_hurry(keb_acks *a, int hurry); // somebody waits for the last one
void keb_acks_close(keb_acks *a);
void keb_acks_free(keb_acks *a);

// keb_produce hands over one record, which is copied, and returns an rd_kafka_resp_err_t.
int keb_produce(rd_kafka_topic_t *topic, int32_t partition, const char *value, size_t len, const char *key, size_t keylen, uint32_t tag);

enum { KEB_RECORD, KEB_READ_ERROR, KEB_COMMIT_ERROR, KEB_ERROR, KEB_FATAL, KEB_STATS, KEB_OTHER };

// keb_event is one event of a consumer's queue. What it points to lives until keb_events_free.
typedef struct {
	void *event;
	rd_kafka_topic_t *topic; // of a record
	const char *data;        // a record's value, an error's text, statistics
	size_t len;
	int64_t offset;
	int32_t partition;
	int32_t err; // rd_kafka_resp_err_t
	int32_t kind;
} keb_event;

int keb_poll(rd_kafka_queue_t *queue, int timeout_ms, keb_event *out, int max); // waits for the first only
void keb_events_free(keb_event *events, int n);

#endif
