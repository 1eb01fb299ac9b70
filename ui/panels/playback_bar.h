// Plays a finished run over its simulated time: play, pause, step, scrub, and at which speed.
#pragma once

#include <QElapsedTimer>
#include <QTimer>
#include <QWidget>

class QComboBox;
class QLabel;
class QSpinBox;
class QToolButton;

namespace headroom::ui {

class ValueSlider;

class PlaybackBar final : public QWidget {
    Q_OBJECT

public:
    explicit PlaybackBar(QWidget* parent = nullptr);

    /// \param seconds length of the run; 0 = nothing to play \param interval of its time series, s
    /// \param requests that were kept, for the choice of the first one shown
    void setRun(double seconds, double interval, int requests);
    double length() const { return m_length; }
    /// Seconds since the start of the run.
    double time() const { return m_time; }
    /// Goes to a moment of the run, clamped to it.
    void setTime(double seconds);
    bool isPlaying() const { return m_timer.isActive(); }
    void setPlaying(bool playing);
    /// Simulated seconds per second; infinite = one interval of the time series a frame.
    double speed() const;
    void setSpeedIndex(int index);
    int speedCount() const;
    /// What goes on at the moment, in words.
    void setState(const QString& words);
    QString state() const;
    void setFirstRequest(int number);

signals:
    void timeChanged(double seconds);
    /// To the next change of any request, or to the one before.
    void stepRequested(bool forward);
    void firstRequestChosen(int number);

private:
    void advance();

    double m_length = 0, m_interval = 0, m_time = 0, m_wished = 0;
    QTimer m_timer;
    QElapsedTimer m_frame;
    QToolButton *m_back, *m_play, *m_forward;
    ValueSlider* m_slider;
    QComboBox* m_speed;
    QSpinBox* m_first;
    QLabel* m_state;
};

/// "1:02:03.4" of simulated seconds, with as many digits as a run of `length` seconds needs.
QString clockText(double seconds, double length);

} // namespace headroom::ui
