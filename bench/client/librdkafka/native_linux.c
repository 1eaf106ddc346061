//go:build cgo

#include "native_linux.h"

#include <malloc.h> // mallopt, of glibc
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef struct rd_kafka_conf_s rd_kafka_conf_t;
typedef struct rd_kafka_op_s rd_kafka_event_t;

typedef struct {
	int err;
	rd_kafka_topic_t *rkt;
	int32_t partition;
	void *payload;
	size_t len;
	void *key;
	size_t key_len;
	int64_t offset;
	void *_private;
} rd_kafka_message_t;

// REST_NS is how long a wait that follows close on another rests before it takes what there is: ends come in batches, and
// to wake up for the first of each would cost more than all of them. They have been timed by then. It ends when somebody is in a
// hurry, or enough has come that places among the unacknowledged are wanted: one in REST_SHARE.
enum { REST_NS = 500000, REST_SHARE = 16 };

enum { RD_KAFKA_MSG_F_COPY = 0x2 };
enum { RD_KAFKA_EVENT_FETCH = 0x2, RD_KAFKA_EVENT_ERROR = 0x8, RD_KAFKA_EVENT_OFFSET_COMMIT = 0x20, RD_KAFKA_EVENT_STATS = 0x40 };
enum { RD_KAFKA_RESP_ERR__NO_OFFSET = -168 };

typedef int on_acknowledgement(rd_kafka_t *rk, rd_kafka_message_t *message, void *opaque);
typedef int on_new(rd_kafka_t *rk, const rd_kafka_conf_t *conf, void *opaque, char *errstr, size_t errstr_size);

extern rd_kafka_t *__real_rd_kafka_new(int type, rd_kafka_conf_t *conf, char *errstr, size_t errstr_size);
extern int rd_kafka_conf_interceptor_add_on_new(rd_kafka_conf_t *conf, const char *name, on_new *f, void *opaque);
extern int rd_kafka_interceptor_add_on_acknowledgement(rd_kafka_t *rk, const char *name, on_acknowledgement *f, void *opaque);
extern int rd_kafka_produce(rd_kafka_topic_t *topic, int32_t partition, int msgflags, void *payload, size_t len, const void *key,
                            size_t keylen, void *opaque);
extern int rd_kafka_last_error(void);
extern rd_kafka_event_t *rd_kafka_queue_poll(rd_kafka_queue_t *queue, int timeout_ms);
extern int rd_kafka_event_type(const rd_kafka_event_t *event);
extern const rd_kafka_message_t *rd_kafka_event_message_next(rd_kafka_event_t *event);
extern int rd_kafka_event_error(rd_kafka_event_t *event);
extern const char *rd_kafka_event_error_string(rd_kafka_event_t *event);
extern int rd_kafka_event_error_is_fatal(rd_kafka_event_t *event);
extern const char *rd_kafka_event_stats(rd_kafka_event_t *event);
extern void rd_kafka_event_destroy(rd_kafka_event_t *event);

static const char *const interceptor = "kafka-eos-bench";

static __thread int expecting;
static __thread keb_acks *expected;
static __thread rd_kafka_t *opened;

// producing is set while this thread hands a record over: one that is refused then passes the interceptor too, but
// was never accepted.
static __thread int producing;

struct keb_acks {
	pthread_mutex_t lock;
	pthread_cond_t some;
	int waiting, resting, hurry, closed;
	int64_t taken;              // when a wait last took something
	uint32_t capacity, head, n; // the ring: n from head on
	keb_ack ring[];
};

// acknowledged runs on librdkafka's threads, once for every record it accepted, before the record is freed.
static int acknowledged(rd_kafka_t *rk, rd_kafka_message_t *m, void *acks) {
	(void)rk;
	if (!producing)
		keb_acks_add(acks, (uint32_t)(uintptr_t)m->_private, m->err);
	return 0;
}

static int created(rd_kafka_t *rk, const rd_kafka_conf_t *conf, void *acks, char *errstr, size_t errstr_size) {
	(void)conf, (void)errstr, (void)errstr_size;
	return rd_kafka_interceptor_add_on_acknowledgement(rk, interceptor, acknowledged, acks);
}

// The linker has the binding call this one: interceptors can be added to a client only while it is being made.
rd_kafka_t *__wrap_rd_kafka_new(int type, rd_kafka_conf_t *conf, char *errstr, size_t errstr_size) {
	if (!expecting)
		return __real_rd_kafka_new(type, conf, errstr, errstr_size);
	if (expected && rd_kafka_conf_interceptor_add_on_new(conf, interceptor, created, expected)) {
		strncpy(errstr, "librdkafka takes no interceptor", errstr_size);
		return NULL;
	}
	return opened = __real_rd_kafka_new(type, conf, errstr, errstr_size);
}

void keb_expect(keb_acks *acks) {
#ifdef __GLIBC__
	// Queues fill and drain all the time: memory that the system gets back at each ebb is faulted in again at each flood. 32 MiB is
	// the most that every glibc takes for the second; without it the first would keep it at 128 KiB.
	mallopt(M_TRIM_THRESHOLD, 256 << 20);
	mallopt(M_MMAP_THRESHOLD, 32 << 20);
	mallopt(M_TOP_PAD, 16 << 20);
	// And each arena keeps its own: by default eight a core, which fill up one after the other as a run goes on.
	mallopt(M_ARENA_MAX, 2 * (int)sysconf(_SC_NPROCESSORS_ONLN));
#endif
	expecting = 1;
	expected = acks;
	opened = NULL;
}

rd_kafka_t *keb_opened(void) {
	rd_kafka_t *rk = opened;
	expecting = 0;
	expected = NULL;
	opened = NULL;
	return rk;
}

static int64_t now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

keb_acks *keb_acks_new(uint32_t capacity) {
	keb_acks *a = calloc(1, sizeof *a + (size_t)capacity * sizeof(keb_ack));
	if (a) {
		a->capacity = capacity;
		pthread_mutex_init(&a->lock, NULL);
		pthread_condattr_t monotonic;
		pthread_condattr_init(&monotonic);
		pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
		pthread_cond_init(&a->some, &monotonic);
		pthread_condattr_destroy(&monotonic);
	}
	return a;
}

void keb_acks_add(keb_acks *a, uint32_t tag, int err) {
	int64_t at = now();
	pthread_mutex_lock(&a->lock);
	if (a->n < a->capacity) // it is: no more can be unacknowledged
		a->ring[(a->head + a->n++) % a->capacity] = (keb_ack){at, tag, err};
	int wake = a->waiting || (a->resting && a->n == a->capacity / REST_SHARE);
	a->waiting = 0;
	pthread_mutex_unlock(&a->lock);
	if (wake)
		pthread_cond_signal(&a->some);
}

int keb_acks_wait(keb_acks *a, keb_ack *out, int max) {
	pthread_mutex_lock(&a->lock);
	int64_t rested = a->taken + REST_NS;
	int rest = !a->n && now() < rested;
	while (!a->n && !a->closed) {
		a->waiting = 1;
		pthread_cond_wait(&a->some, &a->lock);
	}
	if (rest) {
		rested = now() + REST_NS;
		struct timespec until = {.tv_sec = rested / 1000000000, .tv_nsec = rested % 1000000000};
		a->resting = 1;
		while (a->n < a->capacity / REST_SHARE && !a->hurry && !a->closed && pthread_cond_timedwait(&a->some, &a->lock, &until) == 0)
			;
		a->resting = 0;
	}
	int n = a->n < (uint32_t)max ? (int)a->n : max;
	for (int i = 0; i < n; i++)
		out[i] = a->ring[(a->head + i) % a->capacity];
	a->head = (a->head + n) % a->capacity;
	a->n -= n;
	a->taken = now();
	pthread_mutex_unlock(&a->lock);
	return n;
}

void keb_acks_hurry(keb_acks *a, int hurry) {
	pthread_mutex_lock(&a->lock);
	a->hurry = hurry;
	pthread_mutex_unlock(&a->lock);
	pthread_cond_signal(&a->some);
}

void keb_acks_close(keb_acks *a) {
	pthread_mutex_lock(&a->lock);
	a->closed = 1;
	pthread_mutex_unlock(&a->lock);
	pthread_cond_signal(&a->some);
}

void keb_acks_free(keb_acks *a) {
	pthread_cond_destroy(&a->some);
	pthread_mutex_destroy(&a->lock);
	free(a);
}

int keb_produce(rd_kafka_topic_t *topic, int32_t partition, const char *value, size_t len, const char *key, size_t keylen, uint32_t tag) {
	producing = 1;
	int failed = rd_kafka_produce(topic, partition, RD_KAFKA_MSG_F_COPY, (void *)value, len, key, keylen, (void *)(uintptr_t)tag);
	producing = 0;
	return failed ? rd_kafka_last_error() : 0;
}

static keb_event described(rd_kafka_event_t *event) {
	keb_event e = {.event = event, .kind = KEB_OTHER};
	switch (rd_kafka_event_type(event)) {
	case RD_KAFKA_EVENT_FETCH: {
		const rd_kafka_message_t *m = rd_kafka_event_message_next(event);
		if (!m)
			break;
		e.kind = m->err ? KEB_READ_ERROR : KEB_RECORD;
		e.topic = m->rkt;
		e.data = m->payload; // an error's is its text
		e.len = m->len;
		e.offset = m->offset;
		e.partition = m->partition;
		e.err = m->err;
		break;
	}
	case RD_KAFKA_EVENT_ERROR:
		e.kind = rd_kafka_event_error_is_fatal(event) ? KEB_FATAL : KEB_ERROR;
		e.err = rd_kafka_event_error(event);
		e.data = rd_kafka_event_error_string(event);
		e.len = strlen(e.data);
		break;
	case RD_KAFKA_EVENT_OFFSET_COMMIT:
		e.err = rd_kafka_event_error(event);
		if (!e.err || e.err == RD_KAFKA_RESP_ERR__NO_OFFSET)
			break;
		e.kind = KEB_COMMIT_ERROR;
		e.data = rd_kafka_event_error_string(event);
		e.len = strlen(e.data);
		break;
	case RD_KAFKA_EVENT_STATS:
		e.kind = KEB_STATS;
		e.data = rd_kafka_event_stats(event);
		e.len = strlen(e.data);
		break;
	}
	return e;
}

int keb_poll(rd_kafka_queue_t *queue, int timeout_ms, keb_event *out, int max) {
	int n = 0;
	while (n < max) {
		rd_kafka_event_t *event = rd_kafka_queue_poll(queue, n ? 0 : timeout_ms);
		if (!event)
			break;
		out[n++] = described(event);
	}
	return n;
}

void keb_events_free(keb_event *events, int n) {
	for (int i = 0; i < n; i++)
		rd_kafka_event_destroy(events[i].event);
}
