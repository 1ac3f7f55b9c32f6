package config

import (
	"fmt"
	"net"
	"strings"
	"time"
)

// maxShards keeps the state topic to a size that a small cluster takes.
const maxShards = 1000

// maxPartitions and maxReplicas are more than any cluster takes for one topic, and
// fit into the numbers of Kafka's protocol (int32, int16).
const (
	maxPartitions = 10000
	maxReplicas   = 100
)

func (v validator) kafka(k Kafka) {
	for i, broker := range k.Brokers {
		v.broker(item("kafka.brokers", i), broker)
	}
	v.notEmpty("kafka.client_id", k.ClientID)
	v.notEmpty("kafka.group", k.Group)
	v.tls(k.TLS)
	v.sasl(k.SASL)
	state := v.topic("kafka.state_topic", k.StateTopic)
	control := v.topic("kafka.control_topic", k.ControlTopic)
	if state && control && canonicalTopic(k.StateTopic) == canonicalTopic(k.ControlTopic) {
		v.fail("kafka.control_topic", "is the topic of kafka.state_topic", "Kafka takes names that differ only in . and _ for the same; give each its own")
	}
	v.between("kafka.shards", k.Shards, 1, maxShards)
	v.between("kafka.topics.partitions", k.Topics.Partitions, 1, maxPartitions)
	v.replication("kafka.topics.replication_factor", k.Topics.ReplicationFactor)
	v.replication("kafka.internal_topics.replication_factor", k.InternalTopics.ReplicationFactor)
	if k.TransactionTimeout < time.Second || k.TransactionTimeout > 15*time.Minute {
		v.fail("kafka.transaction_timeout", fmt.Sprintf("must be between 1s and 15m, got %s", k.TransactionTimeout), "by default brokers refuse more than 15m")
	}
}

// tls refuses files that would go unused: a person who gives them wants encryption.
func (v validator) tls(t TLS) {
	if !t.Enabled && (t.CAFile != "" || t.CertFile != "" || t.KeyFile != "") {
		v.fail("kafka.tls", "files are given, but enabled is false, and everything would travel in clear", "write enabled: true, or leave the files out")
		return
	}
	if (t.CertFile == "") != (t.KeyFile == "") {
		v.fail("kafka.tls", "cert_file and key_file go together, one of them is empty", "give both or neither")
	}
}

func (v validator) broker(path, broker string) {
	host, port, err := net.SplitHostPort(broker)
	if err != nil && !strings.Contains(broker, ":") {
		host, port, err = broker, "9092", nil
	}
	if err != nil || host == "" || !validPort(port) || strings.ContainsAny(host, "/@, ") {
		v.fail(path, "is not a broker's address", "write host:port, such as kafka-1:9092")
	}
}

func (v validator) replication(path string, factor int) {
	if factor != -1 && (factor < 1 || factor > maxReplicas) {
		v.fail(path, fmt.Sprintf("must be from 1 to 100, or -1 for the broker's default, got %d", factor), "")
	}
}

// sasl checks that a mechanism has the keys that it needs, and that no key is given
// without a mechanism: it would go unused, and the brokers' refusal would be puzzling.
func (v validator) sasl(s SASL) {
	need := func(key string, given bool) {
		if !given {
			v.fail("kafka.sasl."+key, "is needed with mechanism "+string(s.Mechanism), "")
		}
	}
	switch s.Mechanism {
	case NoSASL:
		if s.Username != "" || s.Password != "" || s.TokenURL != "" {
			v.fail("kafka.sasl.mechanism", "is empty, but other keys of kafka.sasl are given", "name plain, scram-sha-256, scram-sha-512 or oauthbearer")
		}
		return
	case OAuthBearer:
		need("token_url", s.TokenURL != "")
		if s.TokenURL != "" {
			v.secureURL("kafka.sasl.token_url", s.TokenURL)
		}
	}
	need("username", s.Username != "")
	need("password", s.Password != "")
}
